import { floats, type NdArray } from '../engine/tree.ts';
import { compiledLength, layOutSequences, type Sequence, type SequenceArrays } from '../model/batch.ts';
import type { ModelConfig } from '../model/config.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { activationBytes } from './activations.ts';

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

/** How a rollout is cut: into parts of `prompts` units, each of them `group` completions of one prompt. */
interface Cut {
  prompts: number;
  group: number;
}

/** A rollout's parts, and how often what the config asks for was halved until they were small enough. */
export interface CutRollout {
  batches: MicroBatch[];
  halvings: number;
}

/**
 * Cuts a rollout, whole groups one after another, into parts of one compiled size: `gradientAccumulationSteps` of them, or more where
 * they would take too much memory. The completions of a prompt stay together as far as they can, because its tokens are then computed once
 * for all of them; where a group is cut, those of similar length do, because attention pads them to the longest.
 *
 * `halvings` are those of the rollout before: a run's parts never grow again, because each size is a graph, and memory goes with it.
 */
export function microBatches(
  rollout: readonly Experience[],
  model: ModelConfig,
  config: Pick<RunConfig, 'numGenerations' | 'gradientAccumulationSteps' | 'lossType' | 'maxCompletionLength'>,
  halvings = 0,
): CutRollout {
  const { numGenerations, gradientAccumulationSteps, lossType, maxCompletionLength } = config;
  const rows = rollout.length / gradientAccumulationSteps;
  const group = commonDivisor(rows, numGenerations);
  let cut: Cut = { prompts: rows / group, group };
  let parts = chunks(rollout, rows);
  // bnpo's loss depends on what is in a micro-batch, which is the user's to say.
  if (lossType !== 'bnpo') {
    const groups = chunks(rollout, numGenerations);
    for (let times = 0; times < halvings; times++) cut = halved(cut);
    parts = cutGroups(groups, cut);
    const tooLarge = (part: Experience[]) => activationBytes(model, part, cut) > ACTIVATION_BYTES;
    while (cut.prompts * cut.group > 1 && parts.some(tooLarge)) {
      cut = halved(cut);
      halvings++;
      parts = cutGroups(groups, cut);
    }
  }
  const completionLength = compiledLength([maxCompletionLength, ...rollout.map((row) => row.completionIds.length)]);
  return { batches: parts.map((part) => microBatch(part, { ...cut, completionLength }, model)), halvings };
}

/** A group that is cut shares no part with another, so that no unit has completions of two prompts. */
function cutGroups(groups: readonly Experience[][], { prompts, group }: Cut): Experience[][] {
  const units = groups.flatMap((rows) => chunks(group < rows.length ? byLength(rows) : rows, group));
  return chunks(units, prompts).map((part) => part.flat());
}

/** By halves, so that the sizes which a run's rollouts are cut to, each a graph of its own, are few. */
const halved = ({ prompts, group }: Cut): Cut =>
  prompts > 1 ? { prompts: Math.ceil(prompts / 2), group } : { prompts, group: Math.ceil(group / 2) };

const byLength = (rows: readonly Experience[]): Experience[] =>
  rows.toSorted((a, b) => a.completionIds.length - b.completionIds.length);

function microBatch(part: Experience[], shape: Cut & { completionLength: number }, model: ModelConfig): MicroBatch {
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
    sequences: layOutSequences(part, shape, model),
    mask: floats(mask, [rows, completionLength]),
    advantages: floats(advantages, [rows, width]),
  };
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
