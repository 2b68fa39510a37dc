/**
 * How each advantage came about, as the few numbers that it is computed from: what a view shows as `(7 − 4.25) ÷ 3.15 = +0.87`. The same
 * advantages as `assignCredit`, taken apart; a test compares them.
 */
import { type AdvantageOptions, type GroupSize, type Histories, inGroups, weightedSum } from './advantages.ts';
import { counted, historyBaseline, type PromptHistory, shrunkDeviation } from './baselines.ts';
import { type ScoredCompletions, splitScores, stepwiseFunctions } from './credit.ts';
import type { ProcessStep } from './process-advantages.ts';
import { mean, standardDeviation } from './statistics.ts';

/** What deviations have added before something is divided by them. */
export const DEVIATION_EPSILON = 1e-4;

/** (value − mean) ÷ (deviation + 1e-4). */
export interface Comparison {
  value: number;
  mean: number;
  /** Null: it is not divided. */
  deviation: number | null;
  /** Whose deviation, and for `normalize_then_sum` whose mean; `both`: the group's deviation, shrunk towards the batch's. */
  over: 'group' | 'batch' | 'both';
}

/** What a deviation of `both` is made of. */
export interface Shrunk {
  rows: number;
  group: number;
  batch: number;
}

/** A function's part: its weight times what is compared. */
export interface WeightedComparison extends Comparison {
  /** Index of the function. */
  function: number;
  weight: number;
}

/** Process supervision: weight × (sum of step scores − steps × mean) ÷ (deviation + 1e-4), over all steps of the group. */
export interface StepsComparison {
  function: number;
  weight: number;
  steps: number;
  sum: number;
  mean: number;
  deviation: number;
}

export type Outcome =
  /** No function gave a score, or there is no other reward to compare it with: 0. */
  | { kind: 'nothing'; why: 'unscored' | 'alone' }
  /** `baseline: "none"`: the reward as it is. */
  | { kind: 'reward'; reward: number }
  | { kind: 'compared'; reward: Comparison; shrunk?: Shrunk }
  /** `baseline: "leave-one-out"`: the reward minus the mean of the others'. */
  | { kind: 'others'; reward: number; mean: number }
  /** `baseline: "history"`: minus the mean of `rows` rewards of this group and the prompt's earlier ones. */
  | { kind: 'history'; reward: number; mean: number; rows: number; history: PromptHistory }
  /** `normalize_then_sum`: each function's score is compared in the group, their weighted sum in the batch. */
  | { kind: 'normalized'; parts: WeightedComparison[]; sum: Comparison };

/** `steps`: of a completion whose steps are scored, what its first token earned; other functions' part is the outcome. */
export type Arithmetic = Outcome | { kind: 'steps'; outcome: Outcome; parts: StepsComparison[] };

/** One for each completion of whole groups. */
export function advantageArithmetic(completions: ScoredCompletions, options: AdvantageOptions): Arithmetic[] {
  const { scores, steps, weights, groupSize, lengths, histories = [] } = completions;
  const stepwise = stepwiseFunctions(completions);
  if (!stepwise.includes(true)) return outcomes(scores, weights, groupSize, options, histories);
  const { outcomeScores, stepWeights } = splitScores(completions, stepwise, options);
  const groups = inGroups(steps, groupSize).flatMap((group) => group.map(() => group));
  return outcomes(outcomeScores, weights, groupSize, options, histories).map((outcome, row) => {
    // Nothing was written, and nothing earned.
    if (lengths[row] === 0) return { kind: 'nothing', why: 'unscored' };
    const group = groups[row]!;
    const parts = stepWeights.flatMap((weight, k) =>
      stepwise[k] ? [stepsPart(k, weight, group, steps[row]![k]!)] : [],
    );
    return { kind: 'steps', outcome, parts };
  });
}

/** What an arithmetic comes to. */
export function resultOf(arithmetic: Arithmetic): number {
  switch (arithmetic.kind) {
    case 'nothing':
      return 0;
    case 'reward':
      return arithmetic.reward;
    case 'compared':
      return quotient(arithmetic.reward);
    case 'others':
      return arithmetic.reward - arithmetic.mean;
    case 'history':
      return arithmetic.reward - mixedBaseline(arithmetic);
    case 'normalized':
      return quotient(arithmetic.sum);
    case 'steps':
      return arithmetic.parts.reduce((total, part) => total + stepsResult(part), resultOf(arithmetic.outcome));
    default:
      return arithmetic satisfies never;
  }
}

export const quotient = ({ value, mean, deviation }: Comparison): number =>
  deviation === null ? value - mean : (value - mean) / (deviation + DEVIATION_EPSILON);

/** (n·mean + h·m) ÷ (n + h). */
export const mixedBaseline = ({
  mean,
  rows,
  history,
}: {
  mean: number;
  rows: number;
  history: PromptHistory;
}): number => (rows * mean + history.rows * history.mean) / (rows + history.rows);

export const stepsResult = ({ weight, steps, sum, mean, deviation }: StepsComparison): number =>
  (weight * (sum - steps * mean)) / (deviation + DEVIATION_EPSILON);

function outcomes(
  scores: readonly (readonly (number | null)[])[],
  weights: readonly number[],
  groupSize: GroupSize,
  { baseline, multiObjectiveAggregation, scaleRewards }: AdvantageOptions,
  histories: Histories,
): Outcome[] {
  const rewards = scores.map((row) => weightedSum(row, weights));
  if (baseline === 'none') return rewards.map((reward) => (reward === null ? unscored : { kind: 'reward', reward }));
  const groups = inGroups(rewards, groupSize);
  if (baseline === 'leave-one-out') return groups.flatMap(aboveOthers);
  if (baseline === 'history') return groups.flatMap((group, index) => aboveHistory(group, histories[index]));
  if (multiObjectiveAggregation === 'normalize_then_sum') return normalized(scores, weights, groupSize);
  const batch = standardDeviation(rewards);
  return groups.flatMap((group) => compared(group, batch, scaleRewards));
}

function compared(
  group: readonly (number | null)[],
  batch: number | null,
  scale: AdvantageOptions['scaleRewards'],
): Outcome[] {
  const [average, own] = [mean(group), standardDeviation(group)];
  return group.map((value): Outcome => {
    if (value === null) return unscored;
    const of = (deviation: number | null, over: Comparison['over']): Outcome =>
      deviation === null ? alone : { kind: 'compared', reward: { value, mean: average!, deviation, over } };
    switch (scale) {
      case 'none':
        return { kind: 'compared', reward: { value, mean: average!, deviation: null, over: 'group' } };
      case 'group':
        return of(own, 'group');
      case 'batch':
        return of(batch, 'batch');
      case 'adaptive': {
        const outcome = of(shrunkDeviation(group, batch), 'both');
        if (outcome.kind !== 'compared') return outcome;
        return { ...outcome, shrunk: { rows: counted(group), group: own!, batch: batch! } };
      }
      default:
        return scale satisfies never;
    }
  });
}

function aboveOthers(group: readonly (number | null)[]): Outcome[] {
  return group.map((reward, row): Outcome => {
    if (reward === null) return unscored;
    const others = mean(group.filter((_, other) => other !== row));
    return others === null ? alone : { kind: 'others', reward, mean: others };
  });
}

function aboveHistory(group: readonly (number | null)[], history: PromptHistory | undefined): Outcome[] {
  const baseline = historyBaseline(group, history);
  return group.map((value): Outcome => {
    if (value === null) return unscored;
    // The first time, there is nothing but the group.
    if (!history) return { kind: 'compared', reward: { value, mean: baseline!, deviation: null, over: 'group' } };
    return { kind: 'history', reward: value, mean: mean(group)!, rows: counted(group), history };
  });
}

function normalized(
  scores: readonly (readonly (number | null)[])[],
  weights: readonly number[],
  groupSize: GroupSize,
): Outcome[] {
  const parts = inGroups(scores, groupSize).flatMap((group) => {
    const stats = weights.map((_, k) => {
      const column = group.map((row) => row[k]!);
      return { mean: mean(column), deviation: standardDeviation(column) };
    });
    return group.map((row) =>
      row.flatMap((score, k): WeightedComparison[] => {
        if (score === null) return [];
        const { mean, deviation } = stats[k]!;
        // The only score of its group is its own mean: 0.
        const compared = { value: score, mean: mean!, deviation, over: 'group' as const };
        return [{ ...compared, function: k, weight: weights[k]! }];
      }),
    );
  });
  const sums = parts.map((row) =>
    row.length === 0 ? null : row.reduce((sum, part) => sum + part.weight * quotient(part), 0),
  );
  const average = mean(sums);
  const deviation = standardDeviation(sums);
  return sums.map((value, row): Outcome => {
    if (value === null) return unscored;
    if (deviation === null) return alone;
    return { kind: 'normalized', parts: parts[row]!, sum: { value, mean: average!, deviation, over: 'batch' } };
  });
}

const unscored: Outcome = { kind: 'nothing', why: 'unscored' };
const alone: Outcome = { kind: 'nothing', why: 'alone' };

function stepsPart(
  index: number,
  weight: number,
  group: readonly (readonly (readonly ProcessStep[])[])[],
  own: readonly ProcessStep[],
): StepsComparison {
  const all = group.flatMap((row) => row[index]!.map(({ score }) => score));
  // A step that ends before the first position is none of its tokens' work.
  const earned = own.filter(({ end }) => end > 0).map(({ score }) => score);
  const [average, deviation] = [mean(all) ?? 0, standardDeviation(all) ?? 0];
  const sum = earned.reduce((total, score) => total + score, 0);
  return { function: index, weight, steps: earned.length, sum, mean: average, deviation };
}
