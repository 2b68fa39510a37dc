import type { MetricsRow } from './run-folder.ts';

/** Not shared memory: it can be sent. */
export type Column = Float64Array<ArrayBuffer>;

/** Rows of metrics as columns, the way they travel to the dashboard: 8 bytes a number, NaN where a row has none. */
export interface ColumnSlice {
  steps: Column;
  values: Record<string, Column>;
}

/**
 * The metrics of a run, a column per key. Arrays are longer than the run (they double as it grows): only the first `length`
 * entries count.
 */
export class MetricColumns {
  length = 0;
  steps: Column = new Float64Array(256);
  readonly #values = new Map<string, Column>();

  get keys(): string[] {
    return [...this.#values.keys()];
  }

  get lastStep(): number {
    return this.length > 0 ? this.steps[this.length - 1]! : 0;
  }

  values(key: string): Column | undefined {
    return this.#values.get(key);
  }

  push({ step, ...metrics }: MetricsRow): void {
    this.#reserve(this.length + 1);
    this.steps[this.length] = step;
    for (const [key, value] of Object.entries(metrics)) this.#column(key)[this.length] = value ?? Number.NaN;
    this.length += 1;
  }

  append({ steps, values }: ColumnSlice): void {
    this.#reserve(this.length + steps.length);
    this.steps.set(steps, this.length);
    for (const [key, column] of Object.entries(values)) this.#column(key).set(column, this.length);
    this.length += steps.length;
  }

  /** Forgets the rows from `length` on. */
  truncate(length: number): void {
    for (const column of this.#values.values()) column.fill(Number.NaN, length, this.length);
    this.length = length;
  }

  /** A copy of the rows from index `from` on. */
  slice(from = 0): ColumnSlice {
    return {
      steps: this.steps.slice(from, this.length),
      values: Object.fromEntries(
        [...this.#values].map(([key, column]) => [key, column.slice(from, this.length)] as const),
      ),
    };
  }

  /** Index of the first row whose step is not below `step`; `length` when there is none. */
  indexOf(step: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.steps[middle]! < step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the row whose step is closest to `step`; -1 when there are no rows. */
  nearest(step: number): number {
    const after = this.indexOf(step);
    if (after === 0) return this.length > 0 ? 0 : -1;
    if (after === this.length) return after - 1;
    return this.steps[after]! - step < step - this.steps[after - 1]! ? after : after - 1;
  }

  #column(key: string): Column {
    let column = this.#values.get(key);
    if (!column) {
      column = new Float64Array(this.steps.length).fill(Number.NaN);
      this.#values.set(key, column);
    }
    return column;
  }

  #reserve(length: number): void {
    if (length <= this.steps.length) return;
    const capacity = Math.max(length, this.steps.length * 2);
    const grown = (column: Column) => {
      const longer = new Float64Array(capacity).fill(Number.NaN, this.length);
      longer.set(column.subarray(0, this.length));
      return longer;
    };
    this.steps = grown(this.steps);
    for (const [key, column] of this.#values) this.#values.set(key, grown(column));
  }
}
