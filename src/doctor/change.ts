import { mean } from '../grpo/statistics.ts';
import type { RunHistory } from './run-history.ts';
import { earliest, newest, type Rows, sampledRows, stepsIn, valuesIn } from './sampled-rows.ts';

/** Most steps that are averaged, fewest that tell anything, and how far back the newest ones are compared: a change does not have to begin with the run. */
const MOST_STEPS = 10;
const FEWEST_STEPS = 3;
const BACK = [30, 100, 300, 1000];
/** Standard errors that are no accident, among the many comparisons of a long run. */
const SURE = 4;

/** Earlier steps of a stage, and as many of its newest. */
export interface Comparison {
  before: Rows;
  now: Rows;
}

/** How a metric's mean differs between them. */
export interface Change {
  from: number;
  to: number;
  /** Whether it is more than the steps differ from each other anyway. */
  isSure: boolean;
}

/** The stage's beginning, and some windows in between, each with the newest steps; none of a stage that has hardly begun. */
export function comparisons(history: RunHistory): Comparison[] {
  const rows = sampledRows(history);
  const steps = stepsOf(rows);
  if (steps < FEWEST_STEPS) return [];
  const starts = BACK.map((back) => rows.to - back).filter((start) => start > rows.from);
  const now = newest(rows, steps);
  return [rows.from, ...starts].map((from) => ({ before: earliest({ from, to: rows.to }, steps), now }));
}

/** The steps after `first` with the last ones up to `last`; undefined where there are too few. */
export function comparisonUpTo(history: RunHistory, first: number, last: number): Comparison | undefined {
  const { from, to } = sampledRows(history);
  const { metrics } = history;
  const rows = { from: Math.max(from, metrics.indexOf(first + 1)), to: Math.min(to, metrics.indexOf(last + 1)) };
  const steps = stepsOf(rows);
  return steps < FEWEST_STEPS ? undefined : { before: earliest(rows, steps), now: newest(rows, steps) };
}

/** How many are averaged. */
const stepsOf = ({ from, to }: Rows): number => Math.min(MOST_STEPS, Math.floor((to - from) / 3));

/** Undefined where the metric is not known in either. */
export function changeOf(history: RunHistory, key: string, { before, now }: Comparison): Change | undefined {
  const [earlier, newer] = [valuesIn(history, key, before), valuesIn(history, key, now)];
  if (earlier.length < FEWEST_STEPS || newer.length < FEWEST_STEPS) return undefined;
  // Steps next to each other differ by noise, also where there is a trend.
  const steps = [...differences(earlier), ...differences(newer)];
  const variance = mean(steps.map((difference) => difference ** 2 / 2))!;
  const error = Math.sqrt(variance * (1 / earlier.length + 1 / newer.length));
  const [from, to] = [mean(earlier)!, mean(newer)!];
  return { from, to, isSure: to !== from && Math.abs(to - from) >= SURE * error };
}

const differences = (values: readonly number[]): number[] => values.slice(1).map((value, i) => value - values[i]!);

/** How much of the rewards' standard deviation the mean has to rise by, to say that the reward is up. */
const RISE = 0.3;

/** Undefined where the training reward has not risen for sure. */
export function riseOf(history: RunHistory, comparison: Comparison): Change | undefined {
  const change = changeOf(history, 'reward', comparison);
  if (!change?.isSure) return undefined;
  const deviation = mean(valuesIn(history, 'reward_std', comparison.before)) ?? 0;
  return change.to - change.from >= RISE * deviation ? change : undefined;
}

/** `from steps 1 to 10 to steps 91 to 100`. */
export function betweenText(history: RunHistory, { before, now }: Comparison): string {
  const [earlier, newer] = [before, now].map((rows) => {
    const steps = stepsIn(history, rows);
    return `steps ${steps[0]}–${steps.at(-1)}`;
  });
  return `from ${earlier} to ${newer}`;
}

/** From the first step of the comparison to its last. */
export function spanOf(history: RunHistory, { before, now }: Comparison): { first: number; last: number } {
  return { first: stepsIn(history, before)[0]!, last: stepsIn(history, now).at(-1)! };
}
