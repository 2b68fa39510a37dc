/** What each completion earned in its group: the one credit that trains, and that metrics, records and previews show. */
import {
  type AdvantageOptions,
  type Advantages,
  computeAdvantages,
  type GroupSize,
  type Histories,
  inGroups,
} from './advantages.ts';
import { type ProcessStep, processAdvantages } from './process-advantages.ts';
import { isZero } from './statistics.ts';

/** Completions and their scores, one group after another. */
export interface ScoredCompletions {
  /** `scores[row][function]`; null where the function abstained or failed. */
  scores: readonly (readonly (number | null)[])[];
  /** `steps[row][function]`: the steps that the function scored, in ascending order; empty where it scored the whole. */
  steps: readonly (readonly (readonly ProcessStep[])[])[];
  /** Of each completion, in the unit of the steps' ends: tokens in training, characters where there is no tokenizer. */
  lengths: readonly number[];
  /** One weight per function. */
  weights: readonly number[];
  groupSize: GroupSize;
  /** Of each group's prompt, for `baseline: "history"`. */
  histories?: Histories | undefined;
}

export interface Credit extends Advantages {
  /** As they were given. */
  scores: readonly (readonly (number | null)[])[];
  /**
   * Process supervision: one advantage per position of each completion, where any function scored steps. `advantages` then has that
   * of each completion's first position, which led to all steps: what they earned together, in any unit of length.
   */
  byPosition: Float32Array[] | undefined;
  /** The rewards that completions are paid for as a whole: without those of functions that pay by steps alone. */
  outcomes: (number | null)[];
}

/**
 * A function that scores steps of completions pays per position (DeepSeekMath, arXiv:2402.03300, section 4.1.3), the others pay each
 * completion as a whole (section 4.1.2); both are added up. With `processRewardWeight` w, a function that scores steps pays both ways:
 * A_it = A_i(scores of all functions) + w · Σ_k w_k A_it(steps of function k).
 */
export function assignCredit(completions: ScoredCompletions, options: AdvantageOptions): Credit {
  const { scores, steps, lengths, weights, groupSize, histories } = completions;
  const whole = computeAdvantages(scores, weights, groupSize, options, histories);
  const stepwise = stepwiseFunctions(completions);
  if (!stepwise.includes(true)) return { ...whole, scores, byPosition: undefined, outcomes: whole.rewards };

  const { outcomeScores, stepWeights } = splitScores(completions, stepwise, options);
  const outcome = computeAdvantages(outcomeScores, weights, groupSize, options, histories);
  const byPosition = lengths.map((length, row) => new Float32Array(length).fill(outcome.advantages[row]!));
  stepwise.forEach((scoresSteps, k) => {
    if (!scoresSteps) return;
    for (const rows of inGroups([...lengths.keys()], groupSize)) {
      const group = rows.map((row) => steps[row]![k]!);
      const own = rows.map((row) => lengths[row]!);
      processAdvantages(group, own).forEach((advantages, i) => {
        const credit = byPosition[rows[i]!]!;
        for (let position = 0; position < credit.length; position++)
          credit[position]! += stepWeights[k]! * advantages[position]!;
      });
    }
  });
  const informative = inGroups(byPosition, groupSize).map((group) => group.some(earnsAnything));
  return {
    rewards: whole.rewards,
    advantages: byPosition.map((credit) => credit[0] ?? 0),
    groups: whole.groups.map((stats, index) => ({ ...stats, informative: informative[index]! })),
    scores,
    byPosition,
    outcomes: outcome.rewards,
  };
}

/** Which functions score steps: of any completion of the batch. */
export const stepwiseFunctions = ({ steps, weights }: Pick<ScoredCompletions, 'steps' | 'weights'>): boolean[] =>
  weights.map((_, k) => steps.some((row) => row[k]!.length > 0));

/** What completions are paid for as a whole, and what each function's steps weigh. */
export function splitScores(
  { scores, weights }: Pick<ScoredCompletions, 'scores' | 'weights'>,
  stepwise: readonly boolean[],
  { processRewardWeight }: Pick<AdvantageOptions, 'processRewardWeight'>,
) {
  if (typeof processRewardWeight === 'number')
    return { outcomeScores: scores, stepWeights: weights.map((weight) => processRewardWeight * weight) };
  return {
    outcomeScores: scores.map((row) => row.map((score, k) => (stepwise[k] ? null : score))),
    stepWeights: weights,
  };
}

/** Whether training on these advantages, one per position, would change anything. */
export const earnsAnything = (advantages: ArrayLike<number>): boolean =>
  Array.prototype.some.call(advantages, (advantage: number) => !isZero(advantage));
