import { setTimeout as sleep } from 'node:timers/promises';
import { commands, type LogOutputChannel, window, workspace } from 'vscode';
import { type TrainingRequest, trainingRequest } from '../workspace/request.ts';
import type { Unfinished } from './journal.ts';

/** The trainer of the closed window may still be writing its checkpoint. */
const LONGEST_WAIT_SECONDS = 90;

interface Editor {
  log: LogOutputChannel;
  runs: { refresh(folder: string): void };
  training: { add(request: TrainingRequest): void };
}

/** A run that was in progress when the window closed: goes on with it if the setting says so, and offers it if not. */
export async function goOnAfterReload({ runs, training, log }: Editor, { folder, queued }: Unfinished): Promise<void> {
  const { isWritten } = await import('../../run-folder/run-files.ts');
  const { readRun } = await import('../../run-folder/read-run.ts');
  const deadline = Date.now() + LONGEST_WAIT_SECONDS * 1000;
  while ((await isWritten(folder)) && Date.now() < deadline) await sleep(200);
  const run = await readRun(folder, false);
  runs.refresh(folder);
  // Deleted meanwhile, or it came to its end just then.
  if (!run || run.status === 'done') return;

  const { name, configFile, step } = run.info;
  const resume = workspace.getConfiguration('grpo').get('resumeAfterReload', false);
  if (resume && workspace.isTrusted) {
    log.info(`${name}: resuming after the window was reloaded`);
    for (const request of [trainingRequest(configFile, folder), ...queued]) training.add(request);
    return;
  }
  const waiting = queued.length === 0 ? '' : ` ${queued.length} queued did not start.`;
  const text = `${name} stopped after step ${step} because the window closed.${waiting}`;
  const action = await window.showInformationMessage(text, 'Resume', 'Open Dashboard');
  if (action === 'Resume') {
    await commands.executeCommand('grpo.resumeFromCheckpoint', folder);
    for (const request of queued) training.add(request);
  } else if (action === 'Open Dashboard') await commands.executeCommand('grpo.openDashboard', folder);
}
