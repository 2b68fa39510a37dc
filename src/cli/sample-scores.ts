import { computeAdvantages, type GroupStats } from '../grpo/advantages.ts';
import { type GroupSignal, groupSignals } from '../grpo/signal.ts';
import { isZero, mean, standardDeviation } from '../grpo/statistics.ts';
import type { RewardColumn, RewardOutcome, ScoreTable } from '../protocol/rewards.ts';
import type { SampleRow } from '../trainer/samples.ts';

/** An expectation of a sample that its rewards do not meet. */
export interface Mismatch {
  /** A function, or "total". */
  name: string;
  expected: number | [number, number];
  actual: number | null;
}

export interface ScoredSample {
  sample: SampleRow;
  outcomes: Record<string, RewardOutcome>;
  /** Weighted sum; null when every function abstained or failed. */
  reward: number | null;
  advantage: number;
  mismatches: Mismatch[];
}

/** Samples of one prompt, and what they would teach. */
export interface ScoredGroup extends GroupStats {
  signal: GroupSignal;
  rows: ScoredSample[];
}

/** What a function gave over all samples. */
export interface FunctionSummary {
  name: string;
  mean: number | null;
  std: number | null;
  abstained: number;
  failed: number;
  seconds: number;
}

/** Samples with equal prompts together, in the order of the file. */
export function groupByPrompt(samples: readonly SampleRow[]): SampleRow[][] {
  const groups = new Map<string, SampleRow[]>();
  for (const sample of samples) {
    const key = JSON.stringify(sample.prompt);
    const group = groups.get(key);
    if (group) group.push(sample);
    else groups.set(key, [sample]);
  }
  return [...groups.values()];
}

/**
 * Rewards and advantages of samples; `table` has a row for each sample, one group after another. Expected totals say nothing
 * (`checkTotals`) when some of the functions that they were meant for are not there.
 */
export function scoreGroups(groups: SampleRow[][], { columns }: ScoreTable, checkTotals: boolean): ScoredGroup[] {
  const size = Math.max(...groups.map((group) => group.length));
  let next = 0;
  // Advantages want groups of one size. A row without scores counts for nothing, so that shorter groups are filled up with such.
  const tableRows = groups.flatMap((group) =>
    Array.from({ length: size }, (_, i) => (i < group.length ? next++ : null)),
  );
  const scores = tableRows.map((row) =>
    columns.map(({ outcomes }) => scoreOf(row === null ? undefined : outcomes[row])),
  );
  const computed = computeAdvantages(
    scores,
    columns.map(({ weight }) => weight),
    size,
    { scaleRewards: 'group', multiObjectiveAggregation: 'sum_then_normalize', baseline: 'group' },
  );
  const flags = tableRows.map((row) => ({
    failed: row !== null && columns.some(({ outcomes }) => outcomes[row]!.kind === 'failure'),
    truncated: false,
  }));
  const signals = groupSignals(computed, flags);

  return groups.map((group, index) => ({
    ...computed.groups[index]!,
    signal: signals[index]!,
    rows: group.map((sample, i): ScoredSample => {
      const place = index * size + i;
      const outcomes = Object.fromEntries(columns.map(({ name, outcomes }) => [name, outcomes[tableRows[place]!]!]));
      const reward = computed.rewards[place]!;
      return {
        sample,
        outcomes,
        reward,
        advantage: computed.advantages[place]!,
        mismatches: mismatchesOf(sample.expect ?? {}, checkTotals ? { ...outcomes, total: totalOf(reward) } : outcomes),
      };
    }),
  }));
}

const scoreOf = (outcome: RewardOutcome | undefined): number | null =>
  outcome?.kind === 'score' ? outcome.score : null;

const totalOf = (reward: number | null): RewardOutcome =>
  reward === null ? { kind: 'abstain' } : { kind: 'score', score: reward };

/** A function that is not called now cannot miss its expectation. */
function mismatchesOf(expect: NonNullable<SampleRow['expect']>, outcomes: Record<string, RewardOutcome>): Mismatch[] {
  return Object.entries(expect).flatMap(([name, expected]) => {
    if (!Object.hasOwn(outcomes, name)) return [];
    const actual = scoreOf(outcomes[name]);
    const [low, high] = typeof expected === 'number' ? [expected, expected] : expected;
    const met = actual !== null && isZero(Math.max(low - actual, actual - high, 0));
    return met ? [] : [{ name, expected, actual }];
  });
}

export function summarize({ name, outcomes, seconds }: RewardColumn): FunctionSummary {
  const scores = outcomes.map((outcome) => (outcome.kind === 'score' ? outcome.score : null));
  const count = (kind: RewardOutcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length;
  return {
    name,
    mean: mean(scores),
    std: standardDeviation(scores),
    abstained: count('abstain'),
    failed: count('failure'),
    seconds,
  };
}
