import { Uri, window, workspace } from 'vscode';
import type { Lab } from '../lab.ts';
import { readCheckpoints } from '../runs/read-run.ts';
import { pickRun } from './pick-run.ts';

/** Asks, then moves the run folder to the trash; where there is none, asks again. */
export async function deleteRun(lab: Lab, given?: unknown): Promise<void> {
  const run = await pickRun(lab, given, 'Delete Run', ({ live }) => !live);
  if (!run) return;
  const { folder, info, live, status } = run;
  if (live || status === 'running' || status === 'paused' || status === 'stopping') {
    void window.showInformationMessage(`${info.name} is being trained; stop it first.`);
    return;
  }
  const checkpoints = await readCheckpoints(folder);
  const started = new Date(info.createdAt).toLocaleString();
  const detail = `Started ${started}: ${info.step} steps, ${checkpoints.length} checkpoints, every completion.\n${folder}`;
  const question = `Delete the run ${info.name}?`;
  if (!(await window.showWarningMessage(question, { modal: true, detail }, 'Move to Trash'))) return;
  const uri = Uri.file(folder);
  try {
    await workspace.fs.delete(uri, { recursive: true, useTrash: true });
  } catch {
    const text = `There is no trash here. Delete the run ${info.name} for good?`;
    if (!(await window.showWarningMessage(text, { modal: true, detail }, 'Delete Permanently'))) return;
    await workspace.fs.delete(uri, { recursive: true, useTrash: false });
  }
  lab.runs.refresh(folder);
}
