import { env, Uri, window, workspace } from 'vscode';
import { listCheckpointsLater } from '../../run-folder/checkpoints.ts';
import type { Lab } from '../lab.ts';
import { writablePlace } from '../workspace/writable-place.ts';
import { pickRun } from './pick-run.ts';

/** Asks, then moves the run folder to the trash; where there is none, deletes it when told so. */
export async function deleteRun(lab: Lab, given?: unknown): Promise<void> {
  const run = await pickRun(lab, given, 'Delete Run', ({ live }) => !live);
  if (!run) return;
  const { folder, info, live, status } = run;
  if (live || status === 'running' || status === 'paused' || status === 'stopping') {
    void window.showInformationMessage(`${info.name} is training; stop it first.`);
    return;
  }
  // A repository may bring a link instead of a run.
  await writablePlace(folder);
  const checkpoints = await listCheckpointsLater(folder);
  const started = new Date(info.createdAt).toLocaleString();
  const detail = `Started ${started}; steps: ${info.step}, checkpoints: ${checkpoints.length}.\n${folder}`;
  // A remote machine has no trash.
  if (env.remoteName !== undefined || !(await moveToTrash(info.name, folder, detail)))
    await deleteForGood(info.name, folder, detail);
  lab.runs.refresh(folder);
}

/** Whether that settled it: done, or dismissed. */
async function moveToTrash(name: string, folder: string, detail: string): Promise<boolean> {
  if (!(await window.showWarningMessage(`Move run "${name}" to the trash?`, { modal: true, detail }, 'Move to Trash')))
    return true;
  return workspace.fs.delete(Uri.file(folder), { recursive: true, useTrash: true }).then(
    () => true,
    () => false,
  );
}

async function deleteForGood(name: string, folder: string, detail: string): Promise<void> {
  const question = `Permanently delete run "${name}"? All of its completions and checkpoints will be deleted.`;
  if (await window.showWarningMessage(question, { modal: true, detail }, 'Delete Permanently'))
    await workspace.fs.delete(Uri.file(folder), { recursive: true, useTrash: false });
}
