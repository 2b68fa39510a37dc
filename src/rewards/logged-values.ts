import type { WorkerReply } from '../protocol/reward-worker.ts';
import { sumOfTotals } from './totals.ts';

type Done = Extract<WorkerReply, { type: 'done' }>;

/** What one function logged with `log_metric` and `log_extra`, over all of its calls on a batch. */
export class LoggedValues {
  readonly metrics: Record<string, (number | null)[]> = {};
  /** Of all calls, also those that failed: their tokens are spent. */
  totals: Record<string, number> = {};
  readonly #extra = new Map<string, { rows: readonly number[]; values: unknown[] }[]>();

  use(totals: Done['totals']): void {
    this.totals = sumOfTotals([this.totals, totals]);
  }

  /** Adds those of a call on these completions (by index). */
  add(rows: readonly number[], { metrics, extra }: Pick<Done, 'metrics' | 'extra'>): void {
    for (const [name, values] of Object.entries(metrics))
      this.metrics[name] = [...(this.metrics[name] ?? []), ...values];
    for (const [name, values] of Object.entries(extra))
      this.#extra.set(name, [...(this.#extra.get(name) ?? []), { rows, values }]);
  }

  /**
   * The columns of `log_extra`. Where every call gave one value per completion, so does the column, for all `count` completions: null for
   * those of a call that failed. Otherwise the calls' values follow each other.
   */
  extra(count: number): Record<string, unknown[]> {
    const columns = [...this.#extra].map(([name, calls]) => {
      if (calls.some(({ rows, values }) => values.length !== rows.length))
        return [name, calls.flatMap(({ values }) => values)];
      const column = Array<unknown>(count).fill(null);
      for (const { rows, values } of calls) for (const [index, row] of rows.entries()) column[row] = values[index];
      return [name, column];
    });
    return Object.fromEntries(columns);
  }
}
