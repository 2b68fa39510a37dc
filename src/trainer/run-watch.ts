import { diagnoseMetrics } from '../doctor/diagnose.ts';
import type { RunHistory } from '../doctor/run-history.ts';
import { MetricColumns } from '../protocol/metric-columns.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import type { MetricsRow, RunReward } from '../protocol/run-folder.ts';

/** Looks at a run's curves after each step, for what its config says to stop at (`stopOn`). */
export class RunWatch {
  readonly #history: RunHistory;
  readonly #kinds: Set<string>;

  /** `before`: the rows of the steps that the run has taken already. */
  constructor(config: RunConfig, functions: readonly RunReward[], before: readonly MetricsRow[]) {
    this.#kinds = new Set(config.stopOn);
    this.#history = { config, functions, metrics: new MetricColumns() };
    if (this.#kinds.size > 0) for (const row of before) this.#history.metrics.push(row);
  }

  /** Why to stop after this step. Of each kind once: whoever resumes has seen it. */
  take(row: MetricsRow): RunFinding | undefined {
    if (this.#kinds.size === 0) return undefined;
    this.#history.metrics.push(row);
    const found = diagnoseMetrics(this.#history).find(
      ({ kind, severity }) => severity !== 'information' && this.#kinds.has(kind),
    );
    if (found) this.#kinds.delete(found.kind);
    return found;
  }
}
