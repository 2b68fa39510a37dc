import { statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { LoadedConfig } from '../config/load-config.ts';
import { gpuMemory } from '../engine/devices/gpu-memory.ts';
import { cachedPerToken, type ModelConfig } from '../model/config.ts';
import { activationBytes } from '../model/network/activations.ts';
import type { Sequence } from '../model/network/batch.ts';
import { trainedShapes } from '../model/parameters.ts';
import { sizeOf } from '../model/shape.ts';
import type { MemoryUse } from '../protocol/check-report.ts';
import { BadInput } from '../protocol/errors.ts';
import type { Remedy } from '../protocol/remedy.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { formatGigabytes } from '../text/gigabytes.ts';
import type { Rollout } from '../trainer/rollout.ts';
import { workloadOf } from '../trainer/workload.ts';

/** What the trainer lets activations, and caches of completions that are written at the same time, take at once. */
const AT_ONCE = { activations: 2 ** 31, caches: 2 ** 29 };
/** While a cache grows, the one before it is still there. */
const CACHE_COPIES = 2;
const FLOAT32 = Float32Array.BYTES_PER_ELEMENT;
/** An adapter that fits most tasks. */
const SMALL_ADAPTER = { r: 16, loraAlpha: 32, targetModules: 'all-linear' };

/** What this process may use: all of the machine's, or what a container has been given. */
export function memoryThere(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Throws BadInput for a model that certainly does not fit into memory, before it is read: the system would end the process. */
export function checkFits(model: ModelConfig, { config, locate }: LoadedConfig): void {
  const { bytes } = workloadOf(model, { trains: true, half: config.fp16 });
  const there = memoryThere();
  const onGpu = config.device === 'webgpu' || (config.device === 'auto' && (gpuMemory()?.bytes ?? 0) >= bytes);
  if (bytes <= there || onGpu) return;
  const needs = `Weights, gradients and AdamW's moments take ${formatGigabytes(bytes)}, and this machine has ${formatGigabytes(there)} of memory`;
  if (config.lora) throw new BadInput(`${needs}; take a smaller model.`, locate(['model']));
  const remedy: Remedy = { action: 'set', path: ['lora'], value: SMALL_ADAPTER };
  throw new BadInput(`${needs}; "lora" takes a fraction of it.`, locate(['model']), { remedy });
}

/** What one step holds besides weights: of completions as they were sampled, and of the longest there may be. */
function stepBytes(rollout: Rollout, model: ModelConfig, config: RunConfig): { sampled: number; longest: number } {
  const group = config.numGenerations;
  const sequences = (length: (row: number) => number): Sequence[] =>
    Array.from({ length: config.promptsPerStep * group }, (_, row) => {
      // Where fewer prompts were sampled, they stand for the others.
      const { prompt } = rollout[row % rollout.length]!;
      return { promptIds: prompt.ids, completionIds: Array<number>(length(row)) };
    });
  const bytesOf = (some: Sequence[]): number => {
    const tokens = some.reduce((sum, { completionIds }) => sum + completionIds.length, 0);
    return (
      Math.min(AT_ONCE.activations, activationBytes(model, some, group, { forGradient: true })) +
      CACHE_COPIES * Math.min(AT_ONCE.caches, FLOAT32 * tokens * cachedPerToken(model))
    );
  };
  const lengthOf = (row: number) =>
    rollout[row % rollout.length]!.trajectory.segments.reduce((sum, { ids }) => sum + ids.length, 0);
  return {
    sampled: bytesOf(sequences(lengthOf)),
    longest: bytesOf(sequences(() => config.maxCompletionLength)),
  };
}

/** Memory of the process and of a GPU. `peakBytes`: what a step was measured to take. */
export function memoryUse(
  { rollout, peakBytes }: { rollout: Rollout; peakBytes: number },
  model: ModelConfig,
  config: RunConfig,
  device: string,
): { process: MemoryUse; gpu: MemoryUse | null } {
  const { sampled, longest } = stepBytes(rollout, model, config);
  const more = Math.max(0, longest - sampled);
  if (device === 'cpu')
    return { process: { expected: peakBytes, atMost: peakBytes + more, there: memoryThere() }, gpu: null };
  const { bytes } = workloadOf(model, { trains: true, half: config.fp16 });
  return {
    process: { expected: peakBytes, atMost: peakBytes, there: memoryThere() },
    gpu: { expected: bytes + sampled, atMost: bytes + sampled + more, there: gpuMemory()?.bytes ?? null },
  };
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

/** Free bytes of the disk that a folder is on, for whoever is no administrator; null where the system does not say. */
export function freeDisk(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}
