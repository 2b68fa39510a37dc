import { version_core } from '@tensorflow/tfjs-core';
import { gpuMemory } from '../engine/devices/gpu-memory.ts';
import { howToGetGpu } from '../engine/devices/how-to-get-gpu.ts';
import { probeDevice, probeHalf, TIMED_SIZE } from '../engine/devices/probe.ts';
import { env } from '../engine/onnx/runtime.ts';
import { formatGigabytes } from '../text/bytes.ts';

export interface Device {
  name: 'cpu' | 'webgpu' | 'tensorflow' | 'cuda';
  works: boolean;
  /** What was seen, and of a device that does not work, what to do instead. */
  detail: string;
}

export const engineVersions = (): Record<string, string> => ({
  'onnxruntime-node': env.versions.node ?? 'unknown',
  '@tensorflow/tfjs-core': version_core,
});

/** Tries what a run config's `device` can name. One after another: they are timed. */
export async function examineDevices(): Promise<Device[]> {
  return [
    await tryDevice('cpu', 'reinstall the package on this machine, for this platform and Node version'),
    await tryDevice('webgpu', howToGetGpu()),
    await tryTensorflow(),
  ];
}

async function tryTensorflow(): Promise<Device> {
  const report = await probeDevice('tensorflow');
  // It says what to do.
  if (!report.works) return { name: 'tensorflow', works: false, detail: report.reason };
  return { name: 'tensorflow', works: true, detail: `${works(report.milliseconds)}, with ${report.on}` };
}

async function tryDevice(name: 'cpu' | 'webgpu', advice: string): Promise<Device> {
  const report = await probeDevice(name);
  if (!report.works) return { name, works: false, detail: `does not work: ${report.reason}; ${advice}` };
  const gpu = name === 'webgpu' ? gpuMemory() : undefined;
  const memory = gpu ? `; ${gpu.name}, ${formatGigabytes(gpu.bytes)}` : '';
  const float16 = name === 'webgpu' ? `; float16: ${await triedHalf()}` : '';
  return { name, works: true, detail: `${works(report.milliseconds)}${float16}${memory}` };
}

async function triedHalf(): Promise<string> {
  const report = await probeHalf();
  return report.works ? 'yes' : `no, ${report.reason}`;
}

const works = (milliseconds: number): string =>
  `works: two ${TIMED_SIZE} × ${TIMED_SIZE} matrices multiplied in ${milliseconds.toFixed(1)} ms`;
