import { finiteOrNull, type MetricsRow } from '../protocol/run-folder.ts';

/**
 * How far it is, which the row's step says; of the hundreds that are left, what else a distribution has besides its mean, and what was not trained
 * on (prime-rl's `all`).
 */
const NOT_METRICS = /^(step|training\/(global_step|epoch)|train\/[^/]+\/all\/.*)$|\/(min|max|p10|p90)$/;

/** Metrics by step, of lines with a step each; several lines of a step add to one row. `names`: what the dashboard calls those that it knows. */
export class LoggedMetrics {
  readonly rows = new Map<number, MetricsRow>();
  readonly #names: ReadonlyMap<string, string>;

  constructor(names: ReadonlyMap<string, string>) {
    this.#names = names;
  }

  take(step: unknown, values: Record<string, unknown>): void {
    if (typeof step !== 'number' || !Number.isInteger(step) || step < 0) return;
    const row = this.rows.get(step) ?? { step };
    for (const [name, value] of Object.entries(values)) {
      const own = this.#names.get(name);
      if (typeof value === 'number' && (own !== undefined || !NOT_METRICS.test(name)))
        row[own ?? name] = finiteOrNull(value);
    }
    if (Object.keys(row).length > 1) this.rows.set(step, row);
  }
}
