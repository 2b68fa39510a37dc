import { fileURLToPath } from 'node:url';
import { outputOf } from '../../processes/output-of.ts';
import type { Provider } from '../onnx/providers.ts';

/** The result of trying a device. `milliseconds`: for a matrix product, copying its result to the host included; `on`: what computed it. */
export type ProbeReport = { works: true; milliseconds: number; on?: string } | { works: false; reason: string };

/** A driver that has not answered by then is considered broken. */
const TIMEOUT_SECONDS = 60;

/** Rows and columns: large enough for a GPU to show its speed, small enough to take a CPU a hundredth of a second. */
export const TIMED_SIZE = 1024;
/** For when time does not matter. Float16 accumulates the products of such matrices without rounding. */
export const SMALL_SIZE = 64;

/** Tries WebGPU with small matrices of float16. */
export const probeHalf = (): Promise<ProbeReport> => probeDevice('webgpu', SMALL_SIZE, 'float16');

/** Tries a device in a separate process. */
export async function probeDevice(
  device: Provider | 'tensorflow',
  size = TIMED_SIZE,
  type: 'float32' | 'float16' = 'float32',
): Promise<ProbeReport> {
  const script = fileURLToPath(new URL('./device-probe.js', import.meta.url));
  const args = ['--no-warnings', script, device, String(size), type];
  const { stdout, error } = await outputOf(process.execPath, args, { seconds: TIMEOUT_SECONDS });
  try {
    const report: ProbeReport = JSON.parse(stdout);
    return report.works ? report : { works: false, reason: explain(report.reason) };
  } catch {
    const how = error?.killed
      ? `did not answer within ${TIMEOUT_SECONDS} s`
      : `ended the process that tried it (${error?.signal ?? `exit status ${error?.code}`})`;
    return { works: false, reason: `its driver ${how}` };
  }
}

/** A message of ONNX Runtime as a clause, without the source location that it begins with. */
function explain(message: string): string {
  if (message.includes('Failed to get a WebGPU adapter')) return 'no GPU with a driver for it was found';
  // Dawn: "requires f16 but the device does not support it".
  if (/\bf16\b/.test(message)) return 'the GPU, or its driver, has no float16';
  return message
    .split('\n')[0]!
    .replace(/^\S+\.cc:\d+ .*? was false\. /, '')
    .trim();
}
