import { commands, window, workspace } from 'vscode';
import { systemClock } from '../workspace/clock.ts';
import { resumeRequest } from '../workspace/request.ts';
import type { ReloadedWindow } from './after-reload.ts';

/** This window, for `continueAfterReload`. */
export const reloadedWindow = (
  parts: Pick<ReloadedWindow, 'journal' | 'log' | 'runs' | 'training'>,
): ReloadedWindow => ({
  ...parts,
  clock: systemClock,
  isWritten: async (folder) => (await import('../../run-folder/run-lock.ts')).isWritten(folder),
  readRun: async (folder) => new (await import('../../run-folder/read-run.ts')).RunReader().read(folder, false),
  requestFor: (folder, { info }) => resumeRequest(folder, info),
  continuesRuns: () => workspace.isTrusted && workspace.getConfiguration('grpo').get('resumeAfterReload', false),
  offer: (text) => window.showInformationMessage(text, 'Resume', 'Open Dashboard'),
  resume: (folder) => commands.executeCommand('grpo.resumeFromCheckpoint', folder),
  openDashboard: (folder) => commands.executeCommand('grpo.openDashboard', folder),
});
