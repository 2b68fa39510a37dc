import type { MetricColumns } from '../protocol/metric-columns.ts';

/** A metric of a step. */
export interface Point {
  step: number;
  value: number;
}

/** Of the newest `rows` training steps, those that have the metric, in order. */
export const newest = (metrics: MetricColumns, key: string, rows: number): Point[] =>
  points(metrics, key, metrics.length - rows, metrics.length);

/** Of the first `rows` training steps, those that have the metric, in order. */
export function first(metrics: MetricColumns, key: string, rows: number): Point[] {
  const start = metrics.indexOf(1);
  return points(metrics, key, start, Math.min(start + rows, metrics.length));
}

function points(metrics: MetricColumns, key: string, from: number, to: number): Point[] {
  const values = metrics.values(key);
  const found: Point[] = [];
  if (!values) return found;
  for (let row = Math.max(from, metrics.indexOf(1)); row < to; row++)
    if (!Number.isNaN(values[row])) found.push({ step: metrics.steps[row]!, value: values[row]! });
  return found;
}

/** NaN of none. */
export const meanOf = (points: readonly Point[]): number =>
  points.reduce((sum, { value }) => sum + value, 0) / points.length;

/** NaN of none. */
export function medianOf(points: readonly Point[]): number {
  const sorted = points.map(({ value }) => value).sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

export const spanOf = (points: readonly Point[]): { first: number; last: number } => ({
  first: points[0]!.step,
  last: points.at(-1)!.step,
});

/** Three digits: `0.00123`, `12.3`. */
export const figure = (value: number): string => String(Number(value.toPrecision(3)));

export const percent = (share: number): string => `${Math.round(100 * share)} %`;
