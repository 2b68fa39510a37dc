/** What each completion earned in its group: the one credit that trains, and that metrics, records and previews show. */
import { type AdvantageOptions, type Advantages, computeAdvantages, inGroups } from './advantages.ts';
import { type ProcessStep, processAdvantages } from './process-advantages.ts';
import { isZero } from './statistics.ts';

/** Completions and their scores, one group of `groupSize` after another. */
export interface ScoredCompletions {
  /** `scores[row][function]`; null where the function abstained or failed. */
  scores: readonly (readonly (number | null)[])[];
  /** `steps[row][function]`: the steps that the function scored, in ascending order; empty where it scored the whole. */
  steps: readonly (readonly (readonly ProcessStep[])[])[];
  /** Of each completion, in the unit of the steps' ends: tokens in training, characters where there is no tokenizer. */
  lengths: readonly number[];
  /** One weight per function. */
  weights: readonly number[];
  groupSize: number;
}

export interface Credit extends Advantages {
  /** As they were given. */
  scores: readonly (readonly (number | null)[])[];
  /**
   * Process supervision: one advantage per position of each completion, where any function scored steps. `advantages` then has that
   * of each completion's first position, which led to all steps: what they earned together, in any unit of length.
   */
  byPosition: Float32Array[] | undefined;
}

/**
 * A function that scores steps of completions pays per position (DeepSeekMath, arXiv:2402.03300, section 4.1.3), the others pay each
 * completion as a whole (section 4.1.2); both are added up.
 */
export function assignCredit(completions: ScoredCompletions, options: AdvantageOptions): Credit {
  const { scores, steps, lengths, weights, groupSize } = completions;
  const whole = computeAdvantages(scores, weights, groupSize, options);
  const stepwise = weights.map((_, k) => steps.some((row) => row[k]!.length > 0));
  if (!stepwise.includes(true)) return { ...whole, scores, byPosition: undefined };

  const outcomeScores = scores.map((row) => row.map((score, k) => (stepwise[k] ? null : score)));
  const outcome = computeAdvantages(outcomeScores, weights, groupSize, options);
  const byPosition = lengths.map((length, row) => new Float32Array(length).fill(outcome.advantages[row]!));
  stepwise.forEach((scoresSteps, k) => {
    if (!scoresSteps) return;
    for (let start = 0; start < lengths.length; start += groupSize) {
      const group = steps.slice(start, start + groupSize).map((row) => row[k]!);
      processAdvantages(group, lengths.slice(start, start + groupSize)).forEach((advantages, i) => {
        const credit = byPosition[start + i]!;
        for (let position = 0; position < credit.length; position++)
          credit[position]! += weights[k]! * advantages[position]!;
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
  };
}

/** Whether training on these advantages, one per position, would change anything. */
export const earnsAnything = (advantages: ArrayLike<number>): boolean =>
  Array.prototype.some.call(advantages, (advantage: number) => !isZero(advantage));
