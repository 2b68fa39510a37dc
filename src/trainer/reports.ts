import { join } from 'node:path';
import type { Reporter } from '../protocol/run-config.ts';
import { type MetricsRow, RUN_FILES } from '../protocol/run-folder.ts';
import { tryTo } from '../run-folder/atomic-write.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';
import { withTimes } from '../tensorboard/estimated-times.ts';
import { EventFile, holdsEvents } from '../tensorboard/event-file.ts';
import { oneLine } from '../text/visible.ts';

/** Where a session's metrics go besides the run's own record. */
interface Report {
  metrics(row: MetricsRow): void;
  close(): void;
}

/** A run folder, as far as reports are about it. */
type ReportedRun = Pick<RunFolder, 'path' | 'info'>;

const OPEN: Record<Reporter, (run: ReportedRun, before: readonly MetricsRow[]) => Report> = {
  tensorboard: openTensorBoard,
};

/** What is wanted in `reportTo`. A report that fails is given up with a warning: the run continues, and has its own record. */
export class Reports {
  readonly #open = new Map<string, Report>();
  readonly #warn: (message: string) => void;

  /** `before`: the rows of metrics that the run has already. */
  constructor(run: ReportedRun, before: readonly MetricsRow[], warn: (message: string) => void) {
    this.#warn = warn;
    // Runs of an earlier release do not have it.
    for (const name of new Set(run.info.config.reportTo ?? []))
      this.#attempt(name, () => this.#open.set(name, OPEN[name](run, before)));
  }

  add(row: MetricsRow): void {
    for (const [name, report] of this.#open) this.#attempt(name, () => report.metrics(row));
  }

  close(): void {
    for (const report of this.#open.values()) tryTo(() => report.close());
    this.#open.clear();
  }

  #attempt(name: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      const report = this.#open.get(name);
      if (report) tryTo(() => report.close());
      this.#open.delete(name);
      const why = oneLine(error instanceof Error ? error.message : String(error));
      this.#warn(`Reporting to ${name} has stopped: ${why}. Training continues.`);
    }
  }
}

/** A file for each session. The first one also gets what was measured before anyone asked for reports. */
function openTensorBoard({ path, info }: ReportedRun, before: readonly MetricsRow[]): Report {
  const folder = join(path, RUN_FILES.tensorboard);
  const next = before.length === 0 ? 0 : before.at(-1)!.step + 1;
  const earlier = holdsEvents(folder) ? [] : before;
  const file = new EventFile(folder, next);
  file.config(info.config, next);
  for (const [row, time] of withTimes(earlier, info.createdAt)) file.metrics(row, time);
  return file;
}
