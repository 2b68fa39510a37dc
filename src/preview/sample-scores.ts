import type { SampleRow } from '../data/samples.ts';
import type { AdvantageOptions, GroupStats } from '../grpo/advantages.ts';
import { assignCredit } from '../grpo/credit.ts';
import { type GroupSignal, groupSignals } from '../grpo/signal.ts';
import { isZero, mean, standardDeviation } from '../grpo/statistics.ts';
import type { RewardOutcome, ScoreBatch } from '../protocol/rewards.ts';
import { type OutcomeColumn, rowFailures, scoreOf, scoresByRow } from '../rewards/score-table.ts';
import { stringifyExact } from '../text/exact-json.ts';

/** `rendered`: the prompt as the model sees it; null where no chat template is applied. */
export type RenderedSample = SampleRow & { rendered: string | null };

/** An expectation of a sample that its rewards do not meet. */
export interface Mismatch {
  /** A function, or "total". */
  name: string;
  expected: number | [number, number];
  actual: number | null;
}

export interface ScoredSample<Row extends SampleRow = SampleRow> {
  sample: Row;
  outcomes: Record<string, RewardOutcome>;
  /** Weighted sum; null when every function abstained or failed. */
  reward: number | null;
  advantage: number;
  mismatches: Mismatch[];
}

/** Samples of one prompt, and what they would teach. */
export interface ScoredGroup<Row extends SampleRow = SampleRow> extends GroupStats {
  signal: GroupSignal;
  /** The signal in words. */
  why: string;
  rows: ScoredSample<Row>[];
}

/** What a function gave over all samples. */
export interface FunctionSummary {
  name: string;
  mean: number | null;
  std: number | null;
  abstained: number;
  failed: number;
}

const WHY: Record<GroupSignal, string> = {
  signal: 'has a learning signal',
  'too-easy': 'no signal: every completion got the best reward',
  'too-hard': 'no signal: every completion got the worst reward',
  equal: 'no signal: every completion got the same reward',
  truncated: 'no signal: every completion was truncated',
  abstained: 'no signal: fewer than two completions have a reward to compare',
  failed: 'no signal: reward functions failed, and fewer than two completions have a reward to compare',
};

export interface ScoreOptions extends AdvantageOptions {
  /** Whether `expect.total` counts: it says nothing when some of the functions that it was meant for are not there. */
  checkTotals: boolean;
}

/** Samples with equal prompts together, in the order of the file. */
export function groupByPrompt<Row extends SampleRow>(samples: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const sample of samples) {
    const key = stringifyExact(sample.prompt);
    const group = groups.get(key);
    if (group) group.push(sample);
    else groups.set(key, [sample]);
  }
  return [...groups.values()];
}

/** The samples as reward functions get them. */
export function batchOf(samples: RenderedSample[]): ScoreBatch {
  const names = Object.keys(samples[0]?.columns ?? {});
  const renderedPrompts = samples.flatMap(
    ({ prompt, rendered }) => rendered ?? (typeof prompt === 'string' ? prompt : []),
  );
  return {
    prompts: samples.map(({ prompt }) => prompt),
    ...(renderedPrompts.length === samples.length && { renderedPrompts }),
    completions: samples.map(({ completion }) => completion),
    columns: Object.fromEntries(names.map((name) => [name, samples.map(({ columns }) => columns[name])])),
  };
}

/**
 * Rewards and advantages of samples; a column has an outcome for each of them, one group after another.
 */
export function scoreGroups<Row extends SampleRow>(
  groups: Row[][],
  columns: OutcomeColumn[],
  options: ScoreOptions,
): ScoredGroup<Row>[] {
  const samples = groups.flat();
  const credit = assignCredit(
    {
      ...scoresByRow(columns, samples.keys()),
      // In characters, with the end that training sees as a token.
      lengths: samples.map(({ completion }) => completion.length + 1),
      groupSize: groups.map(({ length }) => length),
    },
    options,
  );
  const failures = rowFailures({ columns });
  const flags = samples.map((_, row) => ({ failed: failures[row] !== undefined, truncated: false }));
  const signals = groupSignals(credit, flags);

  let next = 0;
  return groups.map((group, index) => ({
    ...credit.groups[index]!,
    signal: signals[index]!,
    why: group.length === 1 ? 'no signal: a single completion has nothing to compare with' : WHY[signals[index]!],
    rows: group.map((sample): ScoredSample<Row> => {
      const place = next++;
      const known = columns.flatMap(({ name, outcomes }) => {
        const outcome = outcomes[place];
        return outcome ? [[name, outcome] as const] : [];
      });
      const outcomes = Object.fromEntries(known);
      const reward = credit.rewards[place]!;
      const checkTotal = options.checkTotals && known.length === columns.length;
      return {
        sample,
        outcomes,
        reward,
        advantage: credit.advantages[place]!,
        mismatches: mismatchesOf(sample.expect ?? {}, checkTotal ? { ...outcomes, total: totalOf(reward) } : outcomes),
      };
    }),
  }));
}

/** The groups with what further functions say of their rows, and whether it is as expected. Rewards, advantages and signals stay as they are. */
export function withTrials<Row extends SampleRow>(
  groups: ScoredGroup<Row>[],
  columns: OutcomeColumn[],
): ScoredGroup<Row>[] {
  if (columns.length === 0) return groups;
  let next = 0;
  return groups.map((group) => ({
    ...group,
    rows: group.rows.map((row) => {
      const index = next++;
      const known = columns.flatMap(({ name, outcomes }) => {
        const outcome = outcomes[index];
        return outcome ? [[name, outcome] as const] : [];
      });
      const tried = Object.fromEntries(known);
      const mismatches = [...row.mismatches, ...mismatchesOf(row.sample.expect ?? {}, tried)];
      return { ...row, outcomes: { ...row.outcomes, ...tried }, mismatches };
    }),
  }));
}

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

export function summarize({ name, outcomes }: OutcomeColumn): FunctionSummary {
  const scores = outcomes.map(scoreOf);
  const count = (kind: RewardOutcome['kind']) => outcomes.filter((outcome) => outcome?.kind === kind).length;
  return {
    name,
    mean: mean(scores),
    std: standardDeviation(scores),
    abstained: count('abstain'),
    failed: count('failure'),
  };
}

/** `expected ordering 2, got 3`. */
export function describeMismatch({ name, expected, actual }: Mismatch): string {
  const wanted = typeof expected === 'number' ? figure(expected) : `${figure(expected[0])} to ${figure(expected[1])}`;
  return `expected ${name} ${wanted}, got ${actual === null ? 'no score' : figure(actual)}`;
}

/** Up to three decimals, as many as there are. */
export const figure = (value: number | null): string => (value === null ? '-' : String(Number(value.toFixed(3))));
