import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { extendX, type XAxis } from '../charts/x-axis.ts';

type Places = Map<XAxis, { x: Float64Array; length: number }>;
const known = new WeakMap<MetricColumns, Places>();

/** Where on the x axis each row is, ascending; only the first `columns.length` count. Computed once, and continued as the run grows. */
export function axisValues(columns: MetricColumns, axis: XAxis): Float64Array {
  if (axis === 'step') return columns.steps;
  const places: Places = known.get(columns) ?? new Map();
  known.set(columns, places);
  const { length } = columns;
  let values = places.get(axis);
  if (!values || values.length > length || values.x.length < length) {
    values = { x: new Float64Array(columns.steps.length), length: 0 };
    places.set(axis, values);
  }
  extendX(axis, columns, values.x, values.length);
  values.length = length;
  return values.x;
}
