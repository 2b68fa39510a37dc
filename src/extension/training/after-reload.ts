import type { Run } from '../../run-folder/read-run.ts';
import type { NamedRuns } from '../workspace/active-training.ts';
import { type Clock, wait } from '../workspace/clock.ts';
import type { TrainingRequest } from '../workspace/request.ts';
import type { Journal, Unfinished } from './journal.ts';

/** The trainer of the closed window may still be writing its checkpoint. */
const LONGEST_WAIT_SECONDS = 90;
const LOOK_SECONDS = 0.2;

/** What of the window is needed to continue a run in it. */
export interface ReloadedWindow {
  clock: Clock;
  journal: Journal;
  log: { info(text: string): void };
  runs: NamedRuns & { refresh(folder: string): void; readonly scanned: Promise<void> };
  training: { add(request: TrainingRequest): void };
  isWritten(folder: string): Promise<boolean>;
  readRun(folder: string): Promise<Run | undefined>;
  /** To resume it. */
  requestFor(folder: string, run: Run): Promise<TrainingRequest>;
  /** Whether a run continues without a question. */
  continuesRuns(): boolean;
  offer(text: string): PromiseLike<'Resume' | 'Open Dashboard' | undefined>;
  resume(folder: string): PromiseLike<unknown>;
  openDashboard(folder: string): PromiseLike<unknown>;
}

/** A run that was in progress when the window closed: continues it if the setting says so, and offers to if not. */
export async function continueAfterReload(window: ReloadedWindow, { folder, queued }: Unfinished): Promise<void> {
  const { clock, journal, log, runs, training } = window;
  const deadline = clock.now() + LONGEST_WAIT_SECONDS * 1000;
  while ((await window.isWritten(folder)) && clock.now() < deadline) await wait(clock, LOOK_SECONDS, undefined);
  const run = await window.readRun(folder);
  // Only now: while this one waited, it may have been reloaded in turn.
  journal.forget();
  runs.refresh(folder);
  // Deleted meanwhile, or it came to its end just then.
  if (!run || run.status === 'done') return;

  const { step } = run.info;
  // What it is called depends on the others.
  await runs.scanned;
  const { name } = runs.get(folder) ?? run;
  if (window.continuesRuns()) {
    log.info(`${name}: resuming after the window was reloaded`);
    for (const request of [await window.requestFor(folder, run), ...queued]) training.add(request);
    return;
  }
  const waiting = queued.length === 0 ? '' : ` ${queued.length} queued did not start.`;
  const action = await window.offer(`${name} stopped after step ${step} because the window closed.${waiting}`);
  if (action === 'Resume') {
    await window.resume(folder);
    for (const request of queued) training.add(request);
  } else if (action === 'Open Dashboard') await window.openDashboard(folder);
}
