import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import type { Terms } from './definitions.ts';

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

  constructor(columns: MetricColumns) {
    this.columns = columns;
  }

  /** Values of all steps (only the first `columns.length` count), NaN where one is missing. */
  curve(terms: Terms, smoothing: number): Float64Array {
    if (smoothing > 0 && smoothing !== this.#smoothing) {
      this.#smoothed.clear();
      this.#smoothing = smoothing;
    }
    const curves = smoothing > 0 ? this.#smoothed : this.#raw;
    const known = terms.filter(({ key }) => this.columns.values(key));
    const id = known.map(({ key, weight }) => `${weight}*${key}`).join(' ');
    let curve = curves.get(id);
    if (!curve || curve.done > this.columns.length) {
      curve = { values: new Float64Array(0), done: 0, average: 0, weight: 0 };
      curves.set(id, curve);
    }
    if (curve.done < this.columns.length) this.#extend(curve, known, smoothing);
    return curve.values;
  }

  /** The value at one row. */
  at(terms: Terms, row: number): number {
    let sum = Number.NaN;
    for (const { key, weight } of terms) {
      const column = this.columns.values(key);
      if (column) sum = (Number.isNaN(sum) ? 0 : sum) + weight * column[row]!;
    }
    return sum;
  }

  #extend(curve: Curve, terms: Terms, smoothing: number): void {
    const { length, steps } = this.columns;
    const from = curve.done;
    if (curve.values.length < length) {
      const longer = new Float64Array(steps.length);
      longer.set(curve.values.subarray(0, from));
      curve.values = longer;
    }
    const { values } = curve;
    values.fill(terms.length > 0 ? 0 : Number.NaN, from, length);
    for (const { key, weight } of terms) {
      const column = this.columns.values(key)!;
      for (let i = from; i < length; i++) values[i] = values[i]! + weight * column[i]!;
    }
    if (smoothing > 0) smooth(curve, from, length, smoothing);
    curve.done = length;
  }
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
