import { totalmem } from 'node:os';
import { cachedPerToken, type ModelConfig, stateSize } from '../model/config.ts';
import { CACHE_BYTES } from '../model/generation/sampler.ts';
import { activationBytes, activationsAtOnce } from '../model/network/activations.ts';
import type { Sequence } from '../model/network/batch.ts';
import { packedBytes } from '../model/quantized.ts';
import type { RunConfig } from '../protocol/run-config.ts';

/** While a cache grows, the one before it is still there. */
const CACHE_COPIES = 2;

/** What this process may use: all of the machine's, or what a container has been given. */
export function availableMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** A step's completions, if all of them are as long as they may be. */
export function longestSequences({
  promptsPerStep,
  numGenerations,
  maxCompletionLength,
}: Pick<RunConfig, 'promptsPerStep' | 'numGenerations' | 'maxCompletionLength'>): Sequence[] {
  const sequence = { promptIds: [], completionIds: Array<number>(maxCompletionLength) };
  return Array.from({ length: promptsPerStep * numGenerations }, () => sequence);
}

/** What a step holds besides weights. */
export function stepBytes(model: ModelConfig, sequences: Sequence[], group: number): number {
  const tokens = sequences.reduce((sum, { completionIds }) => sum + completionIds.length, 0);
  // Of sampling and of scoring, or of one of them at a time.
  const graphs = model.recomputed ? 1 : 2;
  return (
    graphs * packedBytes(model) +
    Math.min(
      activationsAtOnce(model, { forGradient: true }),
      activationBytes(model, sequences, group, { forGradient: true }),
    ) +
    CACHE_COPIES *
      Math.min(
        CACHE_BYTES,
        Float32Array.BYTES_PER_ELEMENT * (tokens * cachedPerToken(model) + sequences.length * stateSize(model)),
      )
  );
}

/**
 * Why completions of one prompt cannot be written at the same time on this machine; undefined where nothing speaks against it. Their keys
 * and values alone, in float16, are compared with all of the memory: what is refused could never work.
 */
export function tooManyAtOnce(model: ModelConfig, completions: number, tokens: number): string | undefined {
  const bytes = completions * (tokens * cachedPerToken(model) + stateSize(model)) * Uint16Array.BYTES_PER_ELEMENT;
  if (bytes <= totalmem()) return undefined;
  const gigabytes = (value: number) => `${Math.ceil(value / 1e9)} GB`;
  return `${completions} completions of ${tokens} tokens need ${gigabytes(bytes)} for their attention caches, and this machine has ${gigabytes(totalmem())}`;
}
