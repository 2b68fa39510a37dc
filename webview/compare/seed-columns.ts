import { type Column, MetricColumns } from '../../src/protocol/metric-columns.ts';

/** How the values that several runs have at a step become one. */
export type Combine = 'mean' | 'lowest' | 'highest';

/** The metrics of several runs as those of one, at every step that two of them have; a column is computed when it is asked for. */
export class SeedColumns extends MetricColumns {
  readonly #runs: readonly MetricColumns[];
  readonly #combine: Combine;
  readonly #combined = new Map<string, Column | undefined>();

  constructor(runs: readonly MetricColumns[], combine: Combine) {
    super();
    this.#runs = runs;
    this.#combine = combine;
    this.steps = sharedSteps(runs);
    this.length = this.steps.length;
  }

  override get keys(): string[] {
    return [...new Set(this.#runs.flatMap(({ keys }) => keys))];
  }

  override values(key: string): Column | undefined {
    if (!this.#combined.has(key)) this.#combined.set(key, this.#column(key));
    return this.#combined.get(key);
  }

  /** Of the values that there are; NaN where not even two runs have one, which would be no mean. */
  #column(key: string): Column | undefined {
    const columns = this.#runs.flatMap((run) => {
      const values = run.values(key);
      return values ? [{ values, steps: run.steps, length: run.length, at: 0 }] : [];
    });
    if (columns.length < 2) return undefined;
    const combined = new Float64Array(this.length).fill(Number.NaN);
    for (let row = 0; row < this.length; row++) {
      const step = this.steps[row]!;
      let [count, sum, lowest, highest] = [0, 0, Infinity, -Infinity];
      for (const column of columns) {
        while (column.at < column.length && column.steps[column.at]! < step) column.at++;
        const value = column.steps[column.at] === step && column.at < column.length ? column.values[column.at]! : NaN;
        if (Number.isNaN(value)) continue;
        count++;
        sum += value;
        lowest = Math.min(lowest, value);
        highest = Math.max(highest, value);
      }
      if (count > 1) combined[row] = { mean: sum / count, lowest, highest }[this.#combine];
    }
    return combined;
  }
}

/** Steps that at least two of the runs have, ascending. */
function sharedSteps(runs: readonly MetricColumns[]): Column {
  const counts = new Map<number, number>();
  for (const { steps, length } of runs)
    for (let row = 0; row < length; row++) counts.set(steps[row]!, (counts.get(steps[row]!) ?? 0) + 1);
  const shared = [...counts].flatMap(([step, count]) => (count > 1 ? [step] : []));
  return Float64Array.from(shared).sort();
}
