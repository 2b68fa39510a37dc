import type { Engine } from '../engine.ts';
import { OnnxEngine } from '../onnx/engine.ts';
import type { Provider } from '../onnx/providers.ts';
import { gpuMemory } from './gpu-memory.ts';
import { type ProbeReport, probeDevice, probeHalf, SMALL_SIZE } from './probe.ts';

/** What an engine is to carry. */
export interface Workload {
  /** The model's parameters. */
  parameters: number;
  /** What certainly lies on the device at a time: weights, and what goes with those that are trained. */
  bytes: number;
  /** It is to be computed in float16. */
  half: boolean;
}

export interface OpenedEngine {
  engine: Engine;
  /** Why this one, where there was a choice. */
  reason?: string;
}

/** A device cannot be used; the message says why, as a clause. */
export class DeviceUnusable extends Error {
  override name = 'DeviceUnusable';
}

/** Below this, a GPU's time goes into starting thousands of small operations, and the CPU is done sooner. */
const FEWEST_PARAMETERS_FOR_GPU = 1e7;
/** A software driver looks like a GPU, but computes on the CPU: it would have to be clearly faster. */
const CLEARLY_FASTER = 2;

/** The engine for a run config's `device`. Throws `DeviceUnusable` where a GPU is asked for that does not work or is too small. */
export async function openEngine(device: Provider | 'auto', workload: Workload): Promise<OpenedEngine> {
  if (device === 'auto') return openBest(workload);
  if (device === 'cpu') return { engine: new OnnxEngine('cpu') };
  const lacking = gpuLacks(workload);
  if (lacking) throw new DeviceUnusable(lacking);
  const report = await probeDevice(device, SMALL_SIZE);
  if (!report.works) throw new DeviceUnusable(`${report.reason}; ${howToGetGpu()}`);
  return onGpu(workload);
}

async function openBest(workload: Workload): Promise<OpenedEngine> {
  const onCpu = (reason: string): OpenedEngine => ({ engine: new OnnxEngine('cpu'), reason });
  if (workload.parameters < FEWEST_PARAMETERS_FOR_GPU)
    return onCpu(
      `a model of ${(workload.parameters / 1e6).toFixed(1)} million parameters is faster there than on a GPU`,
    );
  const lacking = gpuLacks(workload);
  if (lacking) return onCpu(lacking);
  const gpu = await probeDevice('webgpu');
  if (!gpu.works) return onCpu(gpu.reason);
  const cpu = await probeDevice('cpu');
  if (!cpu.works || gpu.milliseconds * CLEARLY_FASTER <= cpu.milliseconds)
    return { reason: compared(gpu, cpu), ...(await onGpu(workload)) };
  return onCpu(`${compared(gpu, cpu)}, which is no GPU to speak of`);
}

/** In float16 where the workload asks for it and the GPU can; the reason says why it cannot. */
async function onGpu({ half }: Workload): Promise<OpenedEngine> {
  const report = half ? await probeHalf() : undefined;
  if (report?.works === false) return { engine: new OnnxEngine('webgpu'), reason: report.reason };
  return { engine: new OnnxEngine('webgpu', { half }) };
}

function compared(gpu: ProbeReport & { works: true }, cpu: ProbeReport): string {
  const onCpu = cpu.works ? `, and the CPU ${cpu.milliseconds.toFixed(1)} ms` : '';
  return `a product of matrices takes WebGPU ${gpu.milliseconds.toFixed(1)} ms${onCpu}`;
}

/** What is said of a model that cannot fit, before it is loaded; undefined where it may. */
function gpuLacks({ bytes }: Workload): string | undefined {
  const gpu = gpuMemory();
  if (!gpu || bytes <= gpu.bytes) return undefined;
  const gigabytes = (count: number) => `${(count / 1e9).toFixed(1)} GB`;
  return `weights, gradients and AdamW's moments take ${gigabytes(bytes)}, and the ${gpu.name} has ${gigabytes(gpu.bytes)}; "lora" takes a fraction of it`;
}

/** How a machine gets a GPU that WebGPU can use. */
export function howToGetGpu(): string {
  if (process.platform === 'linux')
    return "install the GPU's Vulkan driver and the loader (on Debian and Ubuntu the packages libvulkan1 and mesa-vulkan-drivers, or NVIDIA's driver)";
  return process.platform === 'darwin' ? 'it needs macOS 14 or later' : "update the GPU's driver";
}
