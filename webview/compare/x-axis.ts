import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { formatDuration } from '../../src/text/duration.ts';
import { formatCount } from '../format.ts';
import type { Layout } from '../layout.ts';

export type Axis = Layout['compareAxis'];

export const AXES = { step: 'Steps', time: 'Time', tokens: 'Tokens' } as const satisfies Record<Axis, string>;

export const axisText = (axis: Axis, x: number): string =>
  ({ step: `step ${formatCount(x)}`, time: formatDuration(x), tokens: `${formatCount(x)} tokens` })[axis];

const known = new WeakMap<MetricColumns, Map<Axis, { x: Float64Array; length: number }>>();

/** Where on the axis each row is, ascending: its step, the seconds that the steps up to it took, or the tokens they had. */
export function axisValues(columns: MetricColumns, axis: Axis): Float64Array {
  if (axis === 'step') return columns.steps;
  const axes = known.get(columns) ?? new Map<Axis, { x: Float64Array; length: number }>();
  known.set(columns, axes);
  const { length } = columns;
  let values = axes.get(axis);
  if (!values || values.length > length || values.x.length < length) {
    const x = new Float64Array(columns.steps.length);
    values = { x, length: 0 };
    axes.set(axis, values);
  }
  const source = columns.values(axis === 'time' ? 'step_time' : 'num_tokens');
  for (let row = values.length; row < length; row++) {
    const before = row > 0 ? values.x[row - 1]! : 0;
    const value = source?.[row] ?? Number.NaN;
    if (Number.isNaN(value)) values.x[row] = before;
    else values.x[row] = axis === 'time' ? before + value : Math.max(before, value);
  }
  values.length = length;
  return values.x;
}
