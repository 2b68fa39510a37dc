import type { MetricColumns } from '../protocol/metric-columns.ts';
import type { Point } from './line-chart.ts';

/** A metric's finite values, in order of their steps. */
export function pointsOf(columns: MetricColumns, key: string): Point[] {
  const values = columns.values(key);
  const points: Point[] = [];
  for (let row = 0; values && row < columns.length; row++)
    if (Number.isFinite(values[row])) points.push({ step: columns.steps[row]!, value: values[row]! });
  return points;
}
