import { sampledUpTo, spanAt, stageSpans } from '../protocol/stage-spans.ts';
import type { RunHistory } from './run-history.ts';

/** Rows of the metrics from index `from` up to, but not including, `to`. */
export interface Rows {
  from: number;
  to: number;
}

/**
 * The rows of the newest stage that samples completions; without stages, those of all steps. Rewards and prompts are the same in all of them, so that
 * its steps can be compared with each other.
 */
export function sampledRows({ config, metrics }: Pick<RunHistory, 'config' | 'metrics'>): Rows {
  const spans = stageSpans(config);
  const last = sampledUpTo(spans, metrics.lastStep);
  const first = last === 0 ? 1 : (spanAt(spans, last)?.first ?? 1);
  return { from: metrics.indexOf(first), to: metrics.indexOf(last + 1) };
}

/** The newest rows, `most` of them at most. */
export const newest = ({ from, to }: Rows, most: number): Rows => ({ from: Math.max(from, to - most), to });

/** The earliest rows, `most` of them at most. */
export const earliest = ({ from, to }: Rows, most: number): Rows => ({ from, to: Math.min(to, from + most) });

/** Their steps, in ascending order. */
export const stepsIn = ({ metrics }: Pick<RunHistory, 'metrics'>, { from, to }: Rows): number[] =>
  Array.from(metrics.steps.subarray(from, Math.max(from, to)));

/** The values of a metric in these rows, without those that have none. */
export const valuesIn = ({ metrics }: Pick<RunHistory, 'metrics'>, key: string, { from, to }: Rows): number[] =>
  Array.from(metrics.values(key)?.subarray(from, Math.max(from, to)) ?? []).filter(Number.isFinite);
