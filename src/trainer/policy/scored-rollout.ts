import { dependsOnMicroBatches, learnsFromAllTokens } from '../../grpo/loss.ts';
import type { Experience } from '../../grpo/trajectory.ts';
import { chunks } from '../../model/network/cut.ts';
import type { Scorer } from '../../model/network/scorer.ts';
import type { Weights } from '../../model/weights-tree.ts';
import { type CuttingConfig, hasGradient, type ReferencedExperience } from './micro-batches.ts';

/** A rollout with the log-probabilities of its tokens under the reference policy, if the loss asks for one. */
export async function withReference(
  rollout: readonly Experience[],
  scorer: Scorer,
  reference: Weights | undefined,
  { numGenerations }: Pick<CuttingConfig, 'numGenerations'>,
): Promise<readonly ReferencedExperience[]> {
  if (!reference) return rollout;
  const logProbs = await scorer.logProbs(reference, rollout, numGenerations);
  return rollout.map((experience, row) => ({ ...experience, reference: logProbs[row]! }));
}

/**
 * A rollout with the log-probabilities of its tokens under the policy that sampled, which the first pass does not give where there are updates
 * in it. Groups that no update computes have none. `all`: as in `microBatches`.
 */
export async function withOld(
  rollout: readonly ReferencedExperience[],
  scorer: Scorer,
  policy: Weights,
  config: CuttingConfig,
  { all = false } = {},
): Promise<readonly ReferencedExperience[]> {
  const needsAll = all || dependsOnMicroBatches(config) || learnsFromAllTokens(config);
  const scored = chunks(rollout, config.numGenerations)
    .filter((group) => needsAll || group.some(hasGradient))
    .flat();
  const logProbs = await scorer.logProbs(policy, scored, config.numGenerations);
  const old = new Map(scored.map((experience, index) => [experience, logProbs[index]!]));
  return rollout.map((experience) => ({ ...experience, ...(old.has(experience) && { old: old.get(experience)! }) }));
}
