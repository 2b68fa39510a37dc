import { floats, leaveOpen, type NdArray } from '../../engine/tree.ts';
import { dependsOnMicroBatches, learnsFromAllTokens } from '../../grpo/loss.ts';
import { isZero } from '../../grpo/statistics.ts';
import type { Experience } from '../../grpo/trajectory.ts';
import type { ModelConfig } from '../../model/config.ts';
import { activationBytes, activationsAtOnce } from '../../model/network/activations.ts';
import { layOutSequences, longestCompletion, ROWS, type SequenceArrays } from '../../model/network/batch.ts';
import { chunks, commonDivisor, cutIntoParts, type Part } from '../../model/network/cut.ts';
import type { RunConfig } from '../../protocol/run-config.ts';

/** A completion to learn from, as the loss needs it. */
export interface ReferencedExperience extends Experience {
  /** Log-probabilities of its tokens under the reference policy, where the loss asks for them: all of a rollout, or none. */
  reference?: readonly number[];
  /** The same under the policy that sampled, where the first pass does not give them: where there are several mini-batches, or replayed ones. */
  old?: readonly number[];
  /** Of a replayed one: what its advantage has been multiplied with. */
  weight?: number;
}

/** Some completions of a rollout, laid out for one run of the gradient program. */
export interface MicroBatch {
  /** Which completions of the rollout these are: a group that is cut is sorted by length. */
  rows: number[];
  /** Of each completion, in tokens. */
  lengths: number[];
  sequences: SequenceArrays;
  /** [rows, longest completion]: 1 on tokens that count. */
  mask: NdArray;
  advantages: NdArray;
  /** Under the policy that sampled: known after the first pass, if not before. */
  old?: { logProbs: NdArray };
  /** As the sampler computed them. */
  sampled?: { logProbs: NdArray };
  reference?: { logProbs: NdArray };
}

/** What of a run config decides how a rollout is cut. */
export type CuttingConfig = Pick<
  RunConfig,
  'numGenerations' | 'gradientAccumulationSteps' | 'lossType' | 'topEntropyQuantile'
> &
  Pick<RunConfig, 'beta' | 'entropyCoef' | 'useAdaptiveEntropy'>;

/**
 * Cuts a rollout, whole groups one after another, into `gradientAccumulationSteps` parts, or more where they would take too much memory.
 * Groups whose gradient is 0 are left out, unless `all` are wanted: they cost as much as others and change nothing.
 */
export function microBatches(
  rollout: readonly ReferencedExperience[],
  model: ModelConfig,
  config: CuttingConfig,
  { all = false } = {},
): MicroBatch[] {
  const { numGenerations, gradientAccumulationSteps } = config;
  // Dynamic sampling may have found fewer groups than a step should have.
  const rows = Math.ceil(rollout.length / gradientAccumulationSteps);
  const counts = (part: ReferencedExperience[]) => all || learnsFromAllTokens(config) || part.some(hasGradient);
  // Where its own tokens decide what a part's loss is, it counts as a whole, or not at all.
  const parts: Part<ReferencedExperience>[] = dependsOnMicroBatches(config)
    ? chunks(rollout, rows)
        .filter(counts)
        .map((sequences) => ({ sequences, group: commonDivisor(rows, numGenerations) }))
    : cutIntoParts(chunks(rollout, numGenerations).filter(counts).flat(), numGenerations, {
        sequences: rows,
        bytes: activationsAtOnce(model, { forGradient: true }),
        bytesOf: (sequences, group) => activationBytes(model, sequences, group, { forGradient: true }),
      });
  const places = new Map(rollout.map((experience, row) => [experience, row]));
  return parts.map(({ sequences, group }) => ({
    rows: sequences.map((experience) => places.get(experience)!),
    ...microBatch(sequences, group, model),
  }));
}

/** Whether the policy's loss depends on any of its tokens. */
export function hasGradient({ advantage, mask }: Pick<Experience, 'advantage' | 'mask'>): boolean {
  const own = (token: number) => (typeof advantage === 'number' ? advantage : advantage[token]!);
  return Array.prototype.some.call(mask, (counts: number, token) => counts !== 0 && !isZero(own(token)));
}

function microBatch(part: ReferencedExperience[], group: number, model: ModelConfig): Omit<MicroBatch, 'rows'> {
  const [rows, width] = [part.length, longestCompletion(part)];
  const byToken = (values: (row: ReferencedExperience) => ArrayLike<number>): NdArray => {
    const cells = new Float32Array(rows * width);
    part.forEach((row, index) => {
      cells.set(values(row), index * width);
    });
    return leaveOpen(floats(cells, [rows, width]), [ROWS, 'longestCompletion']);
  };
  // Credit knows a number for each completion of a rollout, or a list for each.
  const perRow =
    typeof part[0]!.advantage === 'number' ? Float32Array.from(part, (row) => row.advantage as number) : undefined;
  return {
    lengths: part.map(({ completionIds }) => completionIds.length),
    sequences: layOutSequences(part, group, model),
    mask: byToken(({ mask }) => mask),
    advantages: perRow
      ? leaveOpen(floats(perRow, [rows, 1]), [ROWS])
      : byToken(({ advantage }) => advantage as ArrayLike<number>),
    ...(part[0]!.old && { old: { logProbs: byToken(({ old }) => old!) } }),
    ...(part[0]!.sampledLogProbs && { sampled: { logProbs: byToken(({ sampledLogProbs }) => sampledLogProbs!) } }),
    ...(part[0]!.reference && { reference: { logProbs: byToken(({ reference }) => reference!) } }),
  };
}
