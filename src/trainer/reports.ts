import { basename, join } from 'node:path';
import type { Reporter } from '../protocol/run-config-fields.ts';
import { type MetricsRow, RUN_FILES } from '../protocol/run-folder.ts';
import { tryTo } from '../run-folder/atomic-write.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';
import { withTimes } from '../tensorboard/estimated-times.ts';
import { EventFile, holdsEvents } from '../tensorboard/event-file.ts';
import { oneLine } from '../text/visible.ts';
import { DEFAULT_PYTHON, TrackioRun } from '../trackio/trackio-run.ts';

/** Where a session's metrics go besides the run's own record. */
interface Report {
  metrics(row: MetricsRow): void;
  close(): void | Promise<void>;
}

/** How long the end of a run waits for another program. */
const FINISH_SECONDS = 20;

/** A run folder, as far as reports are about it. */
type ReportedRun = Pick<RunFolder, 'path' | 'info'>;

type OpenReport = (run: ReportedRun, before: readonly MetricsRow[], onFailure: (error: Error) => void) => Report;

const OPEN: Record<Reporter, OpenReport> = { tensorboard: openTensorBoard, trackio: openTrackio };

/** What is wanted in `reportTo`. A report that fails is given up with a warning: the run continues, and has its own record. */
export class Reports {
  readonly #open = new Map<string, Report>();
  readonly #warn: (message: string) => void;

  /** `before`: the rows of metrics that the run has already. */
  constructor(run: ReportedRun, before: readonly MetricsRow[], warn: (message: string) => void) {
    this.#warn = warn;
    // Runs of an earlier release do not have it.
    for (const name of new Set(run.info.config.reportTo ?? []))
      this.#attempt(name, () =>
        this.#open.set(
          name,
          OPEN[name](run, before, (error) => this.#giveUp(name, error)),
        ),
      );
  }

  add(row: MetricsRow): void {
    for (const [name, report] of this.#open) this.#attempt(name, () => report.metrics(row));
  }

  /** Waits until they are done, within bounds. */
  async close(): Promise<void> {
    for (const report of this.#open.values()) await report.close();
    this.#open.clear();
  }

  #attempt(name: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#giveUp(name, error);
    }
  }

  #giveUp(name: string, error: unknown): void {
    const report = this.#open.get(name);
    this.#open.delete(name);
    void report?.close();
    const why = oneLine(error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
    this.#warn(`Reporting to ${name} has stopped: ${why}. Training continues.`);
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
  return { metrics: (row) => file.metrics(row), close: () => tryTo(() => file.close()) };
}

/** A run in a project of the config's name; each session is one, which begins with the steps that were taken before. */
function openTrackio(
  { path, info }: ReportedRun,
  before: readonly MetricsRow[],
  onFailure: (error: Error) => void,
): Report {
  const { config, name: project } = info;
  const next = (before.at(-1)?.step ?? 0) + 1;
  const name = next === 1 ? basename(path) : `${basename(path)} (from step ${next})`;
  const run = new TrackioRun({ project, name, config, python: config.python ?? DEFAULT_PYTHON });
  for (const row of before) run.log(row);
  let isOpen = true;
  const fail = (problem: Error | undefined) => {
    if (problem && isOpen) onFailure(problem);
    isOpen = false;
  };
  void run.ended.then(fail);
  return { metrics: (row) => run.log(row), close: async () => fail(await run.finish(FINISH_SECONDS)) };
}
