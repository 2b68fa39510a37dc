import { floats, type NdArray } from '../engine/tree.ts';
import { batchLengths, layOutSequences, type Sequence, type SequenceArrays } from '../model/batch.ts';
import type { ModelConfig } from '../model/config.ts';
import type { RunConfig } from '../protocol/run-config.ts';

/** A completion to learn from. */
export interface Experience extends Sequence {
  /** One advantage for all its tokens, or one per token: the same kind throughout a rollout. */
  advantage: number | ArrayLike<number>;
  /** Left out of the loss (a truncated completion, say). */
  masked: boolean;
}

/** Some completions of a rollout, laid out for one run of the gradient program. */
export interface MicroBatch {
  sequences: SequenceArrays;
  /** [rows, completionLength]: 1 on tokens that count. */
  mask: NdArray;
  advantages: NdArray;
  /** Under the policy that sampled: known after the first pass. */
  old?: { logProbs: NdArray };
  reference?: { logProbs: NdArray };
}

/** What the activations of one micro-batch may take; more rows at once are hardly faster from there on. */
const ACTIVATION_BYTES = 2 ** 31;

/**
 * Cuts a rollout, whole groups one after another, into parts of one compiled size: `gradientAccumulationSteps` of them, or more where
 * their tokens would take too much memory. The completions of a prompt stay together as far as they can, because its tokens are then
 * computed once for all of them.
 */
export function microBatches(
  rollout: readonly Experience[],
  model: ModelConfig,
  config: Pick<RunConfig, 'numGenerations' | 'gradientAccumulationSteps' | 'lossType'>,
): MicroBatch[] {
  const rows = rollout.length / config.gradientAccumulationSteps;
  let group = commonDivisor(rows, config.numGenerations);
  let prompts = rows / group;
  // bnpo's loss depends on what is in a micro-batch, which is the user's to say.
  if (config.lossType !== 'bnpo') {
    const budget = Math.floor(ACTIVATION_BYTES / activationBytes(model));
    const longest = Math.max(...chunks(rollout, group).map(tokensOf));
    if (longest > budget) group = Math.ceil(group / Math.ceil(longest / budget));
    const fitting = Math.max(1, Math.floor(budget / longest));
    prompts = Math.ceil(prompts / Math.ceil(prompts / fitting));
  }
  const lengths = batchLengths(rollout);
  // A group that is cut is cut alone, so that no part has completions of two prompts where it should have those of one.
  const units = chunks(rollout, commonDivisor(rows, config.numGenerations)).flatMap((unit) => chunks(unit, group));
  return chunks(units, prompts).map((part) => microBatch(part.flat(), { prompts, group, ...lengths }));
}

function microBatch(part: Experience[], shape: Parameters<typeof layOutSequences>[1]): MicroBatch {
  const { prompts, group, completionLength } = shape;
  const rows = prompts * group;
  // Credit knows a number for each completion of a rollout, or a list for each.
  const width = typeof part[0]!.advantage === 'number' ? 1 : completionLength;
  const mask = new Float32Array(rows * completionLength);
  const advantages = new Float32Array(rows * width);
  part.forEach(({ completionIds, advantage, masked }, row) => {
    const start = row * completionLength;
    mask.fill(masked ? 0 : 1, start, start + completionIds.length);
    advantages.set(typeof advantage === 'number' ? [advantage] : advantage, row * width);
  });
  return {
    sequences: layOutSequences(part, shape),
    mask: floats(mask, [rows, completionLength]),
    advantages: floats(advantages, [rows, width]),
  };
}

const tokensOf = (group: readonly Sequence[]): number =>
  group.reduce((sum, { completionIds }) => sum + completionIds.length, group[0]!.promptIds.length);

/** What the gradient keeps per token, roughly: the layers' intermediate results and, at most, four rows of logits. */
function activationBytes({ layers, hiddenSize, intermediateSize, vocabSize }: ModelConfig): number {
  return 4 * (layers * (10 * hiddenSize + 5 * intermediateSize) + 4 * vocabSize);
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
