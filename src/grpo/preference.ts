/**
 * A preference term on each group's best and worst completion: DPO, arXiv:2305.18290, on pairs that the policy made itself. Its loss is of whole
 * pairs, so log-probabilities are summed first; the gradient by each completion's sum is a constant, which any micro-batch can apply.
 */
import { isZero, mean } from './statistics.ts';

export interface PreferenceOptions {
  /** Weight of the term in the loss. */
  dpoCoef: number;
  /** β of DPO: how far from the reference a pair may come apart. */
  dpoBeta: number;
}

/** Rows of a rollout. */
export interface PreferencePair {
  chosen: number;
  rejected: number;
}

/** A completion that may be half of a pair. */
export interface RankedRow {
  group: number;
  /** Null where nothing scored it. */
  reward: number | null;
  /** Whether it counts in the loss. */
  counts: boolean;
}

/** Of each group with different rewards, the best and the worst completion; where several are equally good or bad, the first of them. */
export function preferencePairs(rows: readonly RankedRow[]): PreferencePair[] {
  const groups = new Map<number, PreferencePair>();
  const rewardOf = (row: number) => rows[row]!.reward!;
  for (const [row, { group, reward, counts }] of rows.entries()) {
    if (reward === null || !counts) continue;
    const { chosen, rejected } = groups.get(group) ?? { chosen: row, rejected: row };
    groups.set(group, {
      chosen: reward > rewardOf(chosen) ? row : chosen,
      rejected: reward < rewardOf(rejected) ? row : rejected,
    });
  }
  return [...groups.values()].filter(({ chosen, rejected }) => !isZero(rewardOf(chosen) - rewardOf(rejected)));
}

/** How much more likely each completion of a pair is, as a whole, under the policy than under the reference, in nats. */
export interface PairDrift {
  chosen: number;
  rejected: number;
}

export interface PreferenceTerm {
  /** To be added to the loss of the whole batch. */
  loss: number;
  /** By pair: its derivative by the chosen completion's summed log-probability; the rejected one's is its negative. */
  slopes: number[];
  /** Mean of β · (drift of the chosen − drift of the rejected one); null without pairs. */
  margin: number | null;
  /** Share of pairs that the policy has moved the right way. */
  accuracy: number | null;
}

/** c · mean over pairs of −log σ(β · (chosen − rejected)). */
export function preferenceTerm(pairs: readonly PairDrift[], { dpoCoef, dpoBeta }: PreferenceOptions): PreferenceTerm {
  const margins = pairs.map(({ chosen, rejected }) => dpoBeta * (chosen - rejected));
  const weight = dpoCoef / Math.max(pairs.length, 1);
  return {
    loss: weight * margins.reduce((sum, margin) => sum + softplus(-margin), 0),
    slopes: margins.map((margin) => (-weight * dpoBeta) / (1 + Math.exp(margin))),
    margin: mean(margins),
    accuracy: mean(margins.map((margin) => (margin > 0 ? 1 : 0))),
  };
}

/** log(1 + e^x), where e^x may be too large. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
