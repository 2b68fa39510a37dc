import { totalmem } from 'node:os';
import { dependsOnMicroBatches } from '../grpo/loss.ts';
import { cachedPerToken, type ModelConfig, stateSize } from '../model/config.ts';
import { CACHE_BYTES } from '../model/generation/sampler.ts';
import { activationBytes, activationsAtOnce, givesUpGraphs } from '../model/network/activations.ts';
import type { Sequence } from '../model/network/batch.ts';
import { chunks, commonDivisor } from '../model/network/cut.ts';
import { packedBytes } from '../model/quantized.ts';
import type { RunConfig } from '../protocol/run-config.ts';

/** While a cache grows, the one before it is still there. */
const CACHE_COPIES = 2;

/** What this process may use: all of the machine's, or what a container has been given. */
export function availableMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** What of a config decides how much memory a step takes besides weights. */
export type StepConfig = Pick<
  RunConfig,
  | 'promptsPerStep'
  | 'numGenerations'
  | 'generations'
  | 'maxCompletionLength'
  | keyof SplitConfig
  | keyof EvaluatedConfig
>;
type SplitConfig = Pick<
  RunConfig,
  'numGenerations' | 'numMiniBatches' | 'gradientAccumulationSteps' | 'lossType' | 'topEntropyQuantile'
>;
type EvaluatedConfig = Pick<
  RunConfig,
  'numGenerations' | 'numGenerationsEval' | 'evalDataset' | 'evalSplit' | 'evalSteps' | 'evalOnStart'
>;

/** A step's completions, if all of them are as long and all groups as large as they may be. */
export function longestSequences({
  promptsPerStep,
  numGenerations,
  generations,
  maxCompletionLength,
}: Pick<StepConfig, 'promptsPerStep' | 'numGenerations' | 'generations' | 'maxCompletionLength'>): Sequence[] {
  const sequence = { promptIds: [], completionIds: Array<number>(maxCompletionLength) };
  return Array.from({ length: promptsPerStep * (generations?.max ?? numGenerations) }, () => sequence);
}

/** What a step of these completions, or the evaluations between steps, hold besides weights. */
export function stepBytes(model: ModelConfig, sequences: Sequence[], config: StepConfig): number {
  const tokens = sequences.reduce((sum, { completionIds }) => sum + completionIds.length, 0);
  return (
    packingGraphs(model, config) * packedBytes(model) +
    gradientBytes(model, sequences, config) +
    CACHE_COPIES *
      Math.min(
        CACHE_BYTES,
        Float32Array.BYTES_PER_ELEMENT * (tokens * cachedPerToken(model) + sequences.length * stateSize(model)),
      )
  );
}

/** How many graphs have a packed copy of the weights at the same time: those of sampling, of evaluations in groups of another size, and of scoring. */
function packingGraphs(model: ModelConfig, config: EvaluatedConfig): number {
  // Weights are packed on the CPU alone.
  if (givesUpGraphs(model, { name: 'cpu' })) return 1;
  const { numGenerations, numGenerationsEval, evalDataset, evalSplit, evalSteps, evalOnStart } = config;
  const evaluates = (evalDataset !== null || evalSplit !== null) && (evalSteps !== null || evalOnStart);
  return evaluates && numGenerationsEval !== numGenerations ? 3 : 2;
}

/** Of the largest part of an update that is computed at a time: `microBatches` cuts them. */
function gradientBytes(model: ModelConfig, sequences: Sequence[], config: SplitConfig): number {
  const { numGenerations, numMiniBatches, gradientAccumulationSteps } = config;
  const bytesOf = (some: readonly Sequence[], group: number) =>
    activationBytes(model, some, group, { forGradient: true });
  const all = bytesOf(sequences, numGenerations);
  if (dependsOnMicroBatches(config)) {
    // How a step is cut is the user's to say, and nothing cuts it further. A mini-batch has no whole groups.
    const rows = Math.ceil(Math.ceil(sequences.length / numMiniBatches) / gradientAccumulationSteps);
    const group = numMiniBatches > 1 ? 1 : commonDivisor(rows, numGenerations);
    return Math.max(...chunks(sequences, rows).map((part) => bytesOf(part, group)));
  }
  // One completion is computed whole.
  const alone = Math.max(...sequences.map((sequence) => bytesOf([sequence], 1)));
  return Math.max(alone, Math.min(activationsAtOnce(model, { forGradient: true }), all));
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
