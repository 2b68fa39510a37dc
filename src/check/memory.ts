import { statfsSync } from 'node:fs';
import type { LoadedConfig } from '../config/load-config.ts';
import { gpuMemory } from '../engine/devices/gpu-memory.ts';
import { trainedLength } from '../grpo/trajectory.ts';
import type { ModelConfig } from '../model/config.ts';
import type { Sequence } from '../model/network/batch.ts';
import { trainedShapes } from '../model/parameters.ts';
import { sizeOf } from '../model/shape.ts';
import type { MemoryUse } from '../protocol/check-report.ts';
import { BadInput } from '../protocol/errors.ts';
import { setField } from '../protocol/remedy.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { formatGigabytes } from '../text/bytes.ts';
import { availableMemory, stepBytes } from '../trainer/memory-check.ts';
import type { Rollout } from '../trainer/rollout.ts';
import { workloadOf } from '../trainer/workload.ts';

const FLOAT32 = Float32Array.BYTES_PER_ELEMENT;
/** An adapter that fits most tasks. */
const SMALL_ADAPTER = { r: 16, loraAlpha: 32, targetModules: 'all-linear' };

/** Throws BadInput for a model that certainly does not fit into memory, before it is read: the system would end the process. */
export function checkFits(model: ModelConfig, { config, locate }: LoadedConfig): void {
  const { bytes, gpuBytes } = workloadOf(model, { trains: true, half: config.fp16, reference: config.beta !== 0 });
  const available = availableMemory();
  const onGpu = config.device === 'webgpu' || (config.device === 'auto' && (gpuMemory()?.bytes ?? 0) >= gpuBytes);
  if (bytes <= available || onGpu) return;
  const needs = `Weights, gradients and AdamW's moments take ${formatGigabytes(bytes)}, and this machine has ${formatGigabytes(available)} of memory`;
  if (config.lora) throw new BadInput(`${needs}; take a smaller model.`, locate(['model']));
  const remedy = setField('lora', SMALL_ADAPTER);
  throw new BadInput(`${needs}; "lora" takes a fraction of it.`, locate(['model']), { remedy });
}

/** What was measured of some steps. */
interface MeasuredMemory {
  rollout: Rollout;
  /** How many prompts a step had. */
  prompts: number;
  /** The most physical memory that the process has had. */
  peakBytes: number;
}

/**
 * Memory of the process and of a GPU. What was measured, and in addition what the prompts take that were not sampled, and evaluations; at most, also
 * what longer completions than the sampled ones take, and groups that have grown.
 */
export function memoryUse(
  { rollout, prompts, peakBytes }: MeasuredMemory,
  model: ModelConfig,
  config: RunConfig,
  device: string,
): { process: MemoryUse; gpu: MemoryUse | null } {
  const { promptsPerStep, maxCompletionLength } = config;
  const asSampled = (row: number) => trainedLength(rollout[row % rollout.length]!.trajectory);
  const { numGenerations, generations } = config;
  const bytes = (prompts: number, lengthOf: (row: number) => number, { each = numGenerations, of = config } = {}) =>
    stepBytes(model, sequencesOf(rollout, prompts * each, lengthOf), of);
  const taken = bytes(prompts, asSampled, { of: { ...config, evalDataset: null, evalSplit: null } });
  const whole = bytes(promptsPerStep, asSampled);
  const most = bytes(promptsPerStep, () => maxCompletionLength, { each: generations?.max ?? numGenerations });
  const available = availableMemory();
  if (device === 'cpu') {
    const expected = peakBytes + Math.max(0, whole - taken);
    return { process: { expected, atMost: expected + Math.max(0, most - whole), available }, gpu: null };
  }
  const { gpuBytes: weights } = workloadOf(model, { trains: true, half: config.fp16, reference: config.beta !== 0 });
  return {
    process: { expected: peakBytes, atMost: peakBytes, available },
    gpu: { expected: weights + whole, atMost: weights + Math.max(whole, most), available: gpuMemory()?.bytes ?? null },
  };
}

/** So many sequences; where fewer were sampled, they are repeated. */
function sequencesOf(rollout: Rollout, count: number, lengthOf: (row: number) => number): Sequence[] {
  return Array.from({ length: count }, (_, row) => ({
    promptIds: rollout[row % rollout.length]!.prompt.ids,
    completionIds: Array<number>(lengthOf(row)),
  }));
}

/** Of one checkpoint: the weights, AdamW's moments, and in full what was rounded or is no longer the start. */
export function checkpointBytes(
  model: ModelConfig,
  config: Pick<RunConfig, 'checkpointDtype' | 'syncRefModel'>,
): number {
  const trained = [...trainedShapes(model).values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
  const rounded = config.checkpointDtype !== 'float32';
  return trained * ((rounded ? FLOAT32 / 2 + FLOAT32 : FLOAT32) + 2 * FLOAT32 + (config.syncRefModel ? FLOAT32 : 0));
}

/** Free bytes of the disk that a folder is on, for ordinary users; null where the system does not say. */
export function freeDisk(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}
