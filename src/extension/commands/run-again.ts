import { Uri, window, workspace } from 'vscode';
import { BadInput, badInputText } from '../../protocol/errors.ts';
import type { Run } from '../../run-folder/read-run.ts';
import { type SourceState, sourceStates } from '../../run-folder/source-states.ts';
import { configName, fileName } from '../../text/files-by-name.ts';
import type { Lab } from '../lab.ts';
import { writeNewConfig } from '../workspace/new-config.ts';
import { type Instead, recordedConfigText, recordedOverrides } from '../workspace/recorded-config.ts';
import { trainingRequest } from '../workspace/request.ts';
import { restoredRewards } from '../workspace/restore-rewards.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { isTrainedElsewhere, pickRun } from './pick-run.ts';
import { startOrQueue } from './start.ts';

/** Writes a new run config with a run's own settings and opens it: to change something and start it. */
export async function editAndRunAgain(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode()) return;
  const run = await pickRun(lab, given, 'Edit and Run Again');
  if (!run || isTrainedElsewhere(run)) return;
  const instead = await rewardsFor(run);
  if (!instead) return;
  const name = await window.showInputBox({
    title: 'GRPO: Edit and Run Again',
    prompt: `Name of the new run config, next to ${fileName(run.info.configFile)}`,
    value: `${configName(run.info.configFile)}-edited`,
    validateInput: (text) =>
      /^[\w][\w. -]*$/.test(text.trim()) ? undefined : 'Use letters, digits, "-", "_" and ".".',
    ignoreFocusOut: true,
  });
  if (name === undefined) return;
  const file = await writeNewConfig(run.info.configFile, name.trim(), recordedConfigText(run.info, instead));
  await window.showTextDocument(await workspace.openTextDocument(Uri.file(file)));
}

/** Starts a new run with a run's own settings, whatever its config says now. */
export async function runAgain(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode()) return;
  const run = await pickRun(lab, given, 'Run Again');
  if (!run || isTrainedElsewhere(run)) return;
  const instead = await rewardsFor(run);
  if (!instead) return;
  const { configFile } = run.info;
  let set: string[];
  try {
    set = recordedOverrides(run.info, instead);
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    const text = `${badInputText(error.problem)} Edit and Run Again writes a config with the run's settings.`;
    if ((await window.showErrorMessage(text, 'Edit and Run Again')) !== undefined) await editAndRunAgain(lab, given);
    return;
  }
  await startOrQueue(lab, { ...trainingRequest(configFile), ...(set.length > 0 && { set }) });
}

/** Which reward code a new run uses, where it is no longer what the run recorded; undefined: none, as the question was dismissed. */
async function rewardsFor({ folder, name, info }: Run): Promise<Instead | undefined> {
  const states = sourceStates(info).filter(({ now }) => now !== 'same');
  if (states.length === 0) return {};
  const restorable = states.filter(({ isReward }) => isReward);
  const text = `The reward code has changed since ${name}.`;
  const answers = [TODAY, ...(restorable.length > 0 ? [RECORDED] : [])];
  const chosen = await window.showWarningMessage(text, { modal: true, detail: detailOf(states) }, ...answers);
  if (chosen === undefined) return undefined;
  return chosen === RECORDED ? { rewards: await restoredRewards(folder, info, restorable) } : {};
}

const TODAY = "Use Today's Code";
const RECORDED = 'Restore Recorded Code';

function detailOf(states: readonly SourceState[]): string {
  const list = states.map(({ source, now }) => `• ${source.name} ${now === 'missing' ? 'is missing' : 'has changed'}`);
  const modules = states.filter(({ isReward }) => !isReward).map(({ source }) => source.name);
  const kept = modules.length === 0 ? '' : ` Modules stay as they are today: ${modules.join(', ')}.`;
  const beside = `Restoring writes the run's copies beside today's files, under names with "-recorded", and changes none of yours.${kept}`;
  return `${list.join('\n')}\n\n${beside}`;
}
