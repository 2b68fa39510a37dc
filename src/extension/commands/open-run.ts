import { join } from 'node:path';
import { commands, env, UIKind, Uri, window } from 'vscode';
import { RUN_FILES } from '../../protocol/run-folder.ts';
import { listCheckpointsLater } from '../../run-folder/checkpoints.ts';
import type { Lab } from '../lab.ts';
import type { RunNode } from '../workspace/run-node.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { folderOf, pickRun } from './pick-run.ts';

/** `how`: as a row of the runs view, or a notification, asks for it; a menu gives something else there. */
export async function openDashboard(lab: Lab, given?: unknown, how?: unknown): Promise<void> {
  const folder = folderOf(given) ?? (await pickRun(lab, undefined, 'Open Dashboard'))?.folder;
  const preserveFocus = typeof how === 'object' && how !== null && 'preserveFocus' in how;
  if (folder === undefined) return;
  const dashboard = (await lab.dashboards()).open(folder, { preserveFocus });
  const showsOverview = typeof how === 'object' && how !== null && 'view' in how && how.view === 'overview';
  if (showsOverview) dashboard.show({ type: 'show', view: 'overview' });
}

/** Scores a run's completions again with its rewards as they are now, and shows what changes in its dashboard. */
export async function rescoreRun(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode('Rescoring')) return;
  const run = await pickRun(lab, given, 'Rescore Run', ({ info }) => info.step > 0);
  if (run) (await lab.dashboards()).open(run.folder).rescore();
}

/** A checkpoint in its run's dashboard. */
export async function openCheckpoint(lab: Lab, given?: unknown): Promise<void> {
  const node = given as RunNode | undefined;
  const [folder, step] =
    node?.kind === 'checkpoint'
      ? [node.run.folder, node.checkpoint.step]
      : [(await pickRun(lab, given, 'Open Checkpoint'))?.folder, undefined];
  if (folder === undefined) return;
  const dashboard = (await lab.dashboards()).open(folder);
  dashboard.show({ type: 'show', view: 'checkpoints', ...(step !== undefined && { step }) });
}

/** The folder of the checkpoint given, or of a run's newest. */
export async function openCheckpointFolder(lab: Lab, given?: unknown): Promise<void> {
  const node = given as RunNode | undefined;
  if (node?.kind === 'checkpoint') return revealPath(node.checkpoint.path);
  const run = await pickRun(lab, given, 'Open Checkpoint Folder');
  if (!run) return;
  const newest = (await listCheckpointsLater(run.folder)).at(-1);
  if (newest) return revealPath(newest.path);
  void window.showInformationMessage(`${run.name} has no checkpoint yet.`);
}

/** The system's file manager cannot show what is on another machine; the explorer can. */
export async function revealPath(path: string): Promise<void> {
  const here = env.uiKind === UIKind.Desktop && env.remoteName === undefined;
  await commands.executeCommand(here ? 'revealFileInOS' : 'revealInExplorer', Uri.file(path));
}

/** A run's own log, or without one what the extension and its trainers say. */
export async function showLog({ log }: Lab, given?: unknown): Promise<void> {
  const folder = folderOf(given);
  if (folder === undefined) return log.show();
  const file = Uri.file(join(folder, RUN_FILES.log));
  await window.showTextDocument(file, { preview: true }).then(undefined, () => log.show());
}
