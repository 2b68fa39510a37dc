import { diagnoseMetrics } from '../doctor/diagnose.ts';
import { historyOf, type RunHistory } from '../doctor/run-history.ts';
import { MetricColumns } from '../protocol/metric-columns.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import type { MetricsRow, RunInfo } from '../protocol/run-folder.ts';

type Watched = Pick<RunInfo, 'config' | 'rewards' | 'completionRoom'>;

/** Looks at a run's curves after each step, for what its config says to stop at (`stopOn`). */
export class RunWatch {
  readonly #history: RunHistory;
  readonly #kinds: Set<string>;

  /** `before`: the config with which the run has taken steps already, and their rows. */
  constructor(info: Watched, before: Pick<RunInfo, 'config'> & { rows: readonly MetricsRow[] }) {
    this.#kinds = new Set(info.config.stopOn);
    this.#history = historyOf(info, new MetricColumns());
    if (this.#kinds.size === 0) return;
    for (const row of before.rows) this.#history.metrics.push(row);
    // What the run has stopped at: whoever resumes has seen it.
    const { stopOn = [] } = before.config as Partial<RunConfig>;
    for (const { kind } of this.#found()) if ((stopOn as string[]).includes(kind)) this.#kinds.delete(kind);
  }

  /** Why to stop after this step. Of each kind once: whoever continues has seen it. */
  take(row: MetricsRow): RunFinding | undefined {
    if (this.#kinds.size === 0) return undefined;
    this.#history.metrics.push(row);
    const [found] = this.#found();
    if (found) this.#kinds.delete(found.kind);
    return found;
  }

  #found(): RunFinding[] {
    return diagnoseMetrics(this.#history).filter(
      ({ kind, severity }) => severity !== 'information' && this.#kinds.has(kind),
    );
  }
}
