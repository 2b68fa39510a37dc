import { window } from 'vscode';
import type { Run } from '../../run-folder/read-run.ts';
import type { Lab } from '../lab.ts';
import { nameOfTraining } from '../workspace/active-training.ts';
import { folderOf } from './pick-run.ts';

/** Stops after the step, with a checkpoint. Asked again meanwhile, offers to end it at once. */
export async function stop(lab: Lab, given?: unknown): Promise<void> {
  if (!isOurs(lab, given, 'stop')) return;
  const { training } = lab;
  const { active } = training;
  if (!active?.stopRequested) return training.stop();
  const name = nameOfTraining(active, lab.runs);
  const detail =
    'It is finishing its step and writing a checkpoint. If you end it now, it can only resume from the previous checkpoint.';
  const choice = await window.showWarningMessage(`End ${name} now?`, { modal: true, detail }, 'End Now');
  if (choice && training.active === active) await training.terminate();
}

export function pause(lab: Lab, given?: unknown): void {
  if (isOurs(lab, given, 'pause')) lab.training.send({ type: 'pause' });
}

export function resume(lab: Lab, given?: unknown): void {
  if (isOurs(lab, given, 'resume')) lab.training.send({ type: 'resume' });
}

/** Only the run of this window can be told anything; says so for others. */
function isOurs({ training, runs }: Lab, given: unknown, verb: string): boolean {
  const folder = folderOf(given);
  const { active } = training;
  if (active && (folder === undefined || folder === active.folder)) return true;
  const run: Run | undefined = folder === undefined ? undefined : runs.get(folder);
  void window.showInformationMessage(run ? `${run.name} is not training in this window.` : `No training to ${verb}.`);
  return false;
}
