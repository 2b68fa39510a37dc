import { type Column, MetricColumns } from './metric-columns.ts';

/** How the values that several runs have at a step become one. */
export type Combine = 'mean' | 'lowest' | 'highest';

/** The metrics of several runs as those of one, at every step that two of them have; a column is computed when it is asked for. */
export class SeedColumns extends MetricColumns {
  readonly #runs: readonly MetricColumns[];
  readonly #combine: Combine;
  readonly #combined = new Map<string, Column | undefined>();

  /** `steps`: those of `sharedSteps`. */
  constructor(runs: readonly MetricColumns[], combine: Combine, steps: Column) {
    super();
    this.#runs = runs;
    this.#combine = combine;
    this.steps = steps;
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
    const combine = this.#combine;
    for (let row = 0; row < this.length; row++) {
      const step = this.steps[row]!;
      let count = 0;
      let sum = 0;
      let extreme = Number.NaN;
      for (const column of columns) {
        while (column.at < column.length && column.steps[column.at]! < step) column.at++;
        if (column.at === column.length || column.steps[column.at] !== step) continue;
        const value = column.values[column.at]!;
        if (Number.isNaN(value)) continue;
        count++;
        sum += value;
        if (count === 1 || (combine === 'lowest' ? value < extreme : value > extreme)) extreme = value;
      }
      if (count > 1) combined[row] = combine === 'mean' ? sum / count : extreme;
    }
    return combined;
  }
}

/** Steps that at least two of the runs have, ascending. Mostly they all have the same. */
export function sharedSteps(runs: readonly MetricColumns[]): Column {
  const [first, ...others] = runs.map(({ steps, length }) => steps.subarray(0, length));
  const isFirst = (steps: Column) => steps.length === first!.length && steps.every((step, row) => step === first![row]);
  if (first && others.length > 0 && others.every(isFirst)) return first.slice();
  const counts = new Map<number, number>();
  for (const { steps, length } of runs)
    for (let row = 0; row < length; row++) counts.set(steps[row]!, (counts.get(steps[row]!) ?? 0) + 1);
  const shared = [...counts].flatMap(([step, count]) => (count > 1 ? [step] : []));
  return Float64Array.from(shared).sort();
}
