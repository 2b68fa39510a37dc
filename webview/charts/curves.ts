import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { lowerBound, nearest } from './ascending.ts';
import type { Limits, Terms } from './definitions.ts';
import { extendX, type XAxis } from './x-axis.ts';

interface Curve {
  values: Float64Array;
  done: number;
  /** The moving average so far, and the weight that its steps have in it. */
  average: number;
  weight: number;
}

/** A run's curves: weighted sums of its columns, smoothed if wanted, computed once and continued as the run grows. */
export class Curves {
  readonly columns: MetricColumns;
  readonly #raw = new Map<string, Curve>();
  /** Of one smoothing at a time: while its slider is dragged, there are many that are never drawn again. */
  readonly #smoothed = new Map<string, Curve>();
  #smoothing = 0;
  readonly #x = new Map<XAxis, { values: Float64Array; done: number }>();

  constructor(columns: MetricColumns) {
    this.columns = columns;
  }

  /** Values of all steps (only the first `columns.length` count), NaN where one is missing. */
  curve(terms: Terms, smoothing: number, within?: Limits): Float64Array {
    if (smoothing > 0 && smoothing !== this.#smoothing) {
      this.#smoothed.clear();
      this.#smoothing = smoothing;
    }
    const curves = smoothing > 0 ? this.#smoothed : this.#raw;
    const known = terms.filter(({ key }) => this.columns.values(key));
    const id = `${known.map(({ key, weight }) => `${weight}*${key}`).join(' ')} ${within?.low}`;
    let curve = curves.get(id);
    if (!curve || curve.done > this.columns.length) {
      curve = { values: new Float64Array(0), done: 0, average: 0, weight: 0 };
      curves.set(id, curve);
    }
    if (curve.done < this.columns.length) this.#extend(curve, known, smoothing, within);
    return curve.values;
  }

  /** The value at one row. */
  at(terms: Terms, row: number, within?: Limits): number {
    let sum = Number.NaN;
    for (const { key, weight } of terms) {
      const column = this.columns.values(key);
      if (column) sum = (Number.isNaN(sum) ? 0 : sum) + weight * column[row]!;
    }
    const [least, most] = within ? [this.columns.values(within.low), this.columns.values(within.high)] : [];
    if (least && sum < least[row]!) return least[row]!;
    return most && sum > most[row]! ? most[row]! : sum;
  }

  /** Where each row is on the x axis, in ascending order; only the first `columns.length` count. */
  x(axis: XAxis): Float64Array {
    const { columns } = this;
    if (axis === 'step') return columns.steps;
    let x = this.#x.get(axis);
    if (!x || x.done > columns.length) {
      x = { values: new Float64Array(0), done: 0 };
      this.#x.set(axis, x);
    }
    if (x.values.length < columns.length) x.values = longer(x.values, x.done, columns.steps.length);
    if (x.done < columns.length) extendX(axis, columns, x.values, x.done);
    x.done = columns.length;
    return x.values;
  }

  /** The row that is closest to a place on the x axis; -1 without any. */
  rowAt(axis: XAxis, x: number): number {
    return nearest(this.x(axis), this.columns.length, x);
  }

  /** Where the x axis ends for this run; 0 without any row. */
  lastX(axis: XAxis): number {
    return this.columns.length > 0 ? this.x(axis)[this.columns.length - 1]! : 0;
  }

  /** The rows within a range of the x axis: the first, and the one after the last. */
  rowsWithin(axis: XAxis, [from, to]: readonly [number, number]): [first: number, end: number] {
    const x = this.x(axis);
    const { length } = this.columns;
    const first = lowerBound(x, length, from);
    let end = lowerBound(x, length, to);
    while (end < length && x[end]! <= to) end++;
    return [first, end];
  }

  /** Cuts values off where the rewards of their step end; a run of an earlier release does not say where. */
  #limit(values: Float64Array, from: number, { low, high }: Limits): void {
    const least = this.columns.values(low);
    const most = this.columns.values(high);
    for (let row = from; row < this.columns.length; row++) {
      if (least && values[row]! < least[row]!) values[row] = least[row]!;
      if (most && values[row]! > most[row]!) values[row] = most[row]!;
    }
  }

  #extend(curve: Curve, terms: Terms, smoothing: number, within: Limits | undefined): void {
    const { length, steps } = this.columns;
    const from = curve.done;
    if (curve.values.length < length) curve.values = longer(curve.values, from, steps.length);
    const { values } = curve;
    values.fill(terms.length > 0 ? 0 : Number.NaN, from, length);
    for (const { key, weight } of terms) {
      const column = this.columns.values(key)!;
      for (let i = from; i < length; i++) values[i] = values[i]! + weight * column[i]!;
    }
    if (within) this.#limit(values, from, within);
    if (smoothing > 0) smooth(curve, from, length, smoothing);
    curve.done = length;
  }
}

function longer(values: Float64Array, used: number, length: number): Float64Array {
  const copy = new Float64Array(length);
  copy.set(values.subarray(0, used));
  return copy;
}

/**
 * Exponential moving average in place, unbiased at the start as in Adam (and TensorBoard): the first values are not drawn to 0.
 * Missing values are skipped and stay missing.
 */
function smooth(curve: Curve, from: number, to: number, smoothing: number): void {
  const { values } = curve;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    curve.average = smoothing * curve.average + (1 - smoothing) * value;
    curve.weight = smoothing * curve.weight + (1 - smoothing);
    values[i] = curve.average / curve.weight;
  }
}

/** A run as the charts draw it: the main one first, those laid over it after. */
export interface PlottedRun {
  name: string;
  /** What tells it from the others that are drawn. */
  label: string;
  folder: string;
  curves: Curves;
  /** Palette index of a run laid over the main one. */
  color: number;
  /** Of a mean over runs: the lowest and the highest of them. */
  band?: { low: Curves; high: Curves };
}
