import { basename } from 'node:path';
import { window } from 'vscode';
import { looseConfig } from '../../config/partial-config.ts';
import { CONFIG_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import { runConfigFields } from '../../protocol/run-config-fields.ts';
import type { Run } from '../../run-folder/read-run.ts';
import { removeLock, writerOf } from '../../run-folder/run-lock.ts';
import type { Lab } from '../lab.ts';
import { resumeRequest } from '../workspace/request.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { isTrainedElsewhere, pickRun } from './pick-run.ts';
import { startOrQueue } from './start.ts';

const maxStepsField = runConfigFields.shape.maxSteps;

const canResume = ({ live, status }: Run): boolean =>
  !live && (status === 'stopped' || status === 'failed' || status === 'interrupted');

/** Goes on with a run from its newest checkpoint: one that stopped, failed or was killed, or one that is done and has got more steps. */
export async function resumeFromCheckpoint(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode()) return;
  const run = await pickRun(lab, given, 'Resume from Checkpoint', canResume);
  if (!run || isTrainedElsewhere(run)) return;
  const request = await resumeRequest(run.folder, run.info);
  if (run.status === 'done') {
    const set = await moreSteps(run);
    if (set) await startOrQueue(lab, { ...request, set: [...(request.set ?? []), ...set] });
  } else if (canResume(run) || (await takeOver(run))) await startOrQueue(lab, request);
}

/** What to override for a run that is done to have more steps: nothing where its config gives it more by now. Undefined: it stays as it is. */
async function moreSteps({ name, info: { configFile, step } }: Run): Promise<string[] | undefined> {
  const text = await readTextLater(configFile, CONFIG_FILE).catch(() => '{}');
  const steps = maxStepsField.safeParse(looseConfig(text)?.maxSteps);
  // What is wrong with it is the trainer's to say.
  if (steps.success && steps.data > step) return [];
  const given = await window.showInputBox({
    title: `GRPO: Continue ${name}`,
    prompt: `All ${step} steps are trained. Train on until step (maxSteps of this run; ${basename(configFile)} stays as it is):`,
    value: String(2 * step),
    validateInput: (input) =>
      maxStepsField.safeParse(Number(input)).data! > step ? undefined : `Enter a whole number above ${step}.`,
    ignoreFocusOut: true,
  });
  return given === undefined ? undefined : [`maxSteps=${Number(given)}`];
}

/** Whether a run is ours to resume that a trainer claims which cannot be seen: only the user knows whether that is gone. */
async function takeOver({ folder, live, name, info: { updatedAt } }: Run): Promise<boolean> {
  if (live || (await writerOf(folder)) !== 'unknown') {
    void window.showInformationMessage(`${name} is still running.`);
    return false;
  }
  const text = `Has the trainer of ${name} ended?`;
  const written = new Date(updatedAt).toLocaleString();
  const detail = `It ran in another container or on another machine, so this window cannot check. It last wrote to the run at ${written}. Two trainers writing to one run would destroy it.`;
  const answer = await window.showWarningMessage(text, { modal: true, detail }, 'It Has Ended: Resume');
  if (answer) await removeLock(folder);
  return answer !== undefined;
}
