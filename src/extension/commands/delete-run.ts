import { env, Uri, window, workspace } from 'vscode';
import { listCheckpointsLater } from '../../run-folder/checkpoints.ts';
import type { Run } from '../../run-folder/read-run.ts';
import { shortTime } from '../../text/start-time.ts';
import type { Lab } from '../lab.ts';
import { writablePlace } from '../workspace/writable-place.ts';
import { isSelected, pickRun, runsOf } from './pick-run.ts';

/** More of them would be no dialog. */
const MOST_NAMED = 10;

/** Asks, then moves run folders to the trash; where there is none, deletes them when told so. */
export async function deleteRun(lab: Lab, given?: unknown, all?: unknown): Promise<void> {
  const selected = runsOf(lab, given, all);
  // The key was pressed on something else.
  if (isSelected(given) && selected.length === 0) return;
  const chosen = selected.length > 0 ? selected : [await pickRun(lab, given, 'Delete Run', ({ live }) => !live)];
  const runs = chosen.filter((run) => run !== undefined);
  const busy = runs.filter(isWriting);
  if (busy.length > 0) {
    void window.showInformationMessage(`${namesOf(busy)} ${busy.length > 1 ? 'are' : 'is'} training; stop it first.`);
    return;
  }
  if (runs.length === 0) return;
  // A repository may bring a link instead of a run.
  for (const { folder } of runs) await writablePlace(folder);
  const detail = (await Promise.all(runs.slice(0, MOST_NAMED).map(describe))).join('\n');
  const more = runs.length > MOST_NAMED ? `\nand ${runs.length - MOST_NAMED} more` : '';
  // A remote machine has no trash.
  const settled = env.remoteName === undefined && (await moveToTrash(runs, detail + more));
  if (!settled) await deleteForGood(runs, detail + more);
  for (const { folder } of runs) lab.runs.refresh(folder);
}

const isWriting = ({ live, status }: Run): boolean =>
  live || status === 'running' || status === 'paused' || status === 'stopping';

const namesOf = (runs: readonly Run[]): string => runs.map(({ name }) => name).join(', ');

/** `run "sort"`, `3 runs` */
const what = (runs: readonly Run[]): string => (runs.length === 1 ? `run "${runs[0]!.name}"` : `${runs.length} runs`);

async function describe({ name, folder, info }: Run, _index: number, runs: readonly Run[]): Promise<string> {
  const checkpoints = await listCheckpointsLater(folder);
  const told = `Started ${shortTime(info.createdAt)}; steps: ${info.step}, checkpoints: ${checkpoints.length}.`;
  return runs.length === 1 ? `${told}\n${folder}` : `${name}: ${told.charAt(0).toLowerCase()}${told.slice(1)}`;
}

/** Whether that settled it: done, or dismissed. */
async function moveToTrash(runs: readonly Run[], detail: string): Promise<boolean> {
  const question = `Move ${what(runs)} to the trash?`;
  if (!(await window.showWarningMessage(question, { modal: true, detail }, 'Move to Trash'))) return true;
  try {
    for (const { folder } of runs) await workspace.fs.delete(Uri.file(folder), { recursive: true, useTrash: true });
    return true;
  } catch {
    return false;
  }
}

async function deleteForGood(runs: readonly Run[], detail: string): Promise<void> {
  const whose = runs.length === 1 ? 'All of its' : 'All of their';
  const question = `Permanently delete ${what(runs)}? ${whose} completions and checkpoints will be deleted.`;
  if (!(await window.showWarningMessage(question, { modal: true, detail }, 'Delete Permanently'))) return;
  for (const { folder } of runs) await workspace.fs.delete(Uri.file(folder), { recursive: true, useTrash: false });
}
