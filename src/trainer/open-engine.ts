import { gpuMemory } from '../engine/devices/gpu-memory.ts';
import { howToGetGpu } from '../engine/devices/how-to-get-gpu.ts';
import { type ProbeReport, probeDevice, probeHalf, SMALL_SIZE } from '../engine/devices/probe.ts';
import type { Engine } from '../engine/engine.ts';
import { OnnxEngine } from '../engine/onnx/engine.ts';
import type { Provider } from '../engine/onnx/providers.ts';
import { formatGigabytes } from '../text/bytes.ts';

/** What an engine has to compute. */
export interface Workload {
  /** The number of the model's parameters. */
  parameters: number;
  /** What is on a GPU at the same time at least: weights, and for trained ones what an update needs. */
  gpuBytes: number;
  /** Compute in float16. */
  half: boolean;
  /** What the CPU alone computes, as a clause. */
  cpuOnly?: string | undefined;
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

/** Below this, a GPU spends its time on starting thousands of small operations, and the CPU is faster. */
const FEWEST_PARAMETERS_FOR_GPU = 1e7;
/** A software driver looks like a GPU but computes on the CPU, so a GPU has to be this many times faster. */
const CLEARLY_FASTER = 2;

/** The engine for a run config's `device`. Throws `DeviceUnusable` when a GPU is required that does not work or is too small. */
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
  const lacking = workload.cpuOnly ?? gpuLacks(workload);
  if (lacking) return onCpu(lacking);
  const gpu = await probeDevice('webgpu');
  if (!gpu.works) return onCpu(gpu.reason);
  const cpu = await probeDevice('cpu');
  if (!cpu.works || gpu.milliseconds * CLEARLY_FASTER <= cpu.milliseconds)
    return { reason: compared(gpu, cpu), ...(await onGpu(workload)) };
  return onCpu(`${compared(gpu, cpu)}, not fast enough to be worth using`);
}

/** In float16 if the workload wants it and the GPU supports it; if it does not, `reason` says why. */
async function onGpu({ half }: Workload): Promise<OpenedEngine> {
  const report = half ? await probeHalf() : undefined;
  if (report?.works === false) return { engine: new OnnxEngine('webgpu'), reason: report.reason };
  return { engine: new OnnxEngine('webgpu', { half }) };
}

function compared(gpu: ProbeReport & { works: true }, cpu: ProbeReport): string {
  const onCpu = cpu.works ? `, and the CPU ${cpu.milliseconds.toFixed(1)} ms` : '';
  return `a product of matrices takes WebGPU ${gpu.milliseconds.toFixed(1)} ms${onCpu}`;
}

/** Why a model certainly does not fit, as a clause; undefined: it may. */
function gpuLacks({ gpuBytes }: Workload): string | undefined {
  const gpu = gpuMemory();
  if (!gpu || gpuBytes <= gpu.bytes) return undefined;
  return `weights, gradients and AdamW's moments take ${formatGigabytes(gpuBytes)}, and the ${gpu.name} has ${formatGigabytes(gpu.bytes)}; "lora" takes a fraction of it`;
}
