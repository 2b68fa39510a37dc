import type { MetricColumns } from '../protocol/metric-columns.ts';

/** A row at which something holds, back from the newest without a gap. */
export interface Stretch {
  steps: { first: number; last: number };
  length: number;
}

/** The unbroken stretch of newest steps whose value of `key` satisfies `holds`; undefined where the newest does not. Rows without a value end it. */
export function trailing(metrics: MetricColumns, key: string, holds: (value: number) => boolean): Stretch | undefined {
  const values = metrics.values(key);
  if (!values) return undefined;
  let from = metrics.length;
  while (from > 0 && metrics.steps[from - 1]! > 0 && holds(values[from - 1]!)) from -= 1;
  const length = metrics.length - from;
  if (length === 0) return undefined;
  return { length, steps: { first: metrics.steps[from]!, last: metrics.lastStep } };
}
