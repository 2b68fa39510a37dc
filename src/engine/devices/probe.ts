import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Provider } from '../onnx/providers.ts';

/** It does not work, and why, as a clause. */
type Refusal = { works: false; reason: string };
/** `milliseconds`: a product of two matrices of float32, its result brought to the host; `on`: what computed it. */
export type WorkingProbe = {
  works: true;
  milliseconds: number;
  on?: string;
  /** What came of trying float16, where a device may have it. */
  float16?: { works: true } | Refusal;
};
/** What came of trying a device. */
export type ProbeReport = WorkingProbe | Refusal;

/** A driver that has not answered by then is taken for broken. */
const TIMEOUT_SECONDS = 60;

/** Large enough that a GPU shows what it can do, small enough that a CPU takes a hundredth of a second. */
export const TIMED_SIZE = 1024;

/** Tries a device in a process of its own: with matrices of `TIMED_SIZE`, or with small ones where time does not matter. */
export function probeDevice(device: Provider | 'tensorflow', size = TIMED_SIZE): Promise<ProbeReport> {
  const script = fileURLToPath(new URL('./device-probe.js', import.meta.url));
  // Inside VS Code the running executable is Electron.
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  const options = { env, timeout: 1000 * TIMEOUT_SECONDS, windowsHide: true };
  return new Promise((resolve) => {
    execFile(process.execPath, ['--no-warnings', script, device, String(size)], options, (error, stdout) => {
      try {
        const report: ProbeReport = JSON.parse(stdout);
        resolve(report.works ? report : { works: false, reason: explain(report.reason) });
      } catch {
        const how = error?.killed
          ? `did not answer within ${TIMEOUT_SECONDS} s`
          : `ended the process that tried it (${error?.signal ?? `exit status ${error?.code}`})`;
        resolve({ works: false, reason: `its driver ${how}` });
      }
    });
  });
}

/** ONNX Runtime's messages begin with a place in its source. */
function explain(message: string): string {
  if (message.includes('Failed to get a WebGPU adapter')) return 'no GPU with a driver for it was found';
  return message
    .split('\n')[0]!
    .replace(/^\S+\.cc:\d+ .*? was false\. /, '')
    .trim();
}
