import { dependsOnMicroBatches, learnsFromAllTokens } from '../../grpo/loss.ts';
import type { Metrics } from '../../grpo/metrics.ts';
import { replayWeight, weighted } from '../../grpo/replay.ts';
import { mean } from '../../grpo/statistics.ts';
import type { Experience } from '../../grpo/trajectory.ts';
import { chunks } from '../../model/network/cut.ts';
import type { Scorer } from '../../model/network/scorer.ts';
import type { Weights } from '../../model/weights-tree.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import { type CuttingConfig, hasGradient, type ReferencedExperience } from './micro-batches.ts';

/** A rollout with the log-probabilities of its tokens under the reference policy, if the loss asks for one. */
export const withReference = (
  rollout: readonly Experience[],
  logProbs: readonly number[][] | undefined,
): readonly ReferencedExperience[] =>
  logProbs ? rollout.map((experience, row) => ({ ...experience, reference: logProbs[row]! })) : rollout;

/**
 * A rollout with the log-probabilities of its tokens under the policies that sampled them, which the first pass does not give where there are updates
 * in it, or completions of earlier steps; these get their weight. Groups that no update computes have none. `all`: as in `microBatches`.
 */
export async function withOld(
  rollout: readonly ReferencedExperience[],
  scorer: Scorer,
  policy: Weights,
  config: CuttingConfig & Pick<RunConfig, 'replay'>,
  { all = false } = {},
): Promise<readonly ReferencedExperience[]> {
  const needsAll = all || dependsOnMicroBatches(config) || learnsFromAllTokens(config);
  const scored = chunks(rollout, config.numGenerations)
    .filter((group) => needsAll || group.some(hasGradient))
    .flat();
  const logProbs = await scorer.logProbs(policy, scored, config.numGenerations);
  const now = new Map(scored.map((experience, index) => [experience, logProbs[index]!]));
  return rollout.map((experience) => {
    const old = now.get(experience);
    return old && experience.replayed ? replayed(experience, old, config) : { ...experience, ...(old && { old }) };
  });
}

/** What an earlier policy sampled: ratios are to that one, and it counts by how far the policy has moved since. */
function replayed(
  experience: ReferencedExperience,
  now: readonly number[],
  { replay }: Pick<RunConfig, 'replay'>,
): ReferencedExperience {
  const old = Array.from(experience.replayed!.logProbs);
  const weight = replayWeight(now, old, experience.mask, replay!.maxWeight);
  return { ...experience, old, weight, advantage: weighted(experience.advantage, weight) };
}

/** How much of a rollout is replayed, and what it counts on average. */
export function replayMetrics(rollout: readonly ReferencedExperience[]): Metrics {
  const own = rollout.filter(({ replayed }) => replayed);
  if (own.length === 0) return {};
  return {
    'replay/share': own.length / rollout.length,
    'replay/weight': mean(own.map(({ weight }) => weight ?? null)),
  };
}
