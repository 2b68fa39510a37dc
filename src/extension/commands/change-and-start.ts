import { findNodeAtLocation, getNodeValue, parseTree } from 'jsonc-parser';
import { Uri, window, workspace } from 'vscode';
import * as z from 'zod';
import { remedy } from '../../protocol/problem.ts';
import { type ConfigEdit, setWords } from '../../protocol/remedy.ts';
import type { Run } from '../../run-folder/read-run.ts';
import { fileName } from '../../text/files-by-name.ts';
import type { Lab } from '../lab.ts';
import { replaceText } from '../workspace/replace-text.ts';
import { trainingRequest } from '../workspace/request.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { withField } from '../workspace/with-field.ts';
import { startOrQueue } from './start.ts';

const change = z.object({ folder: z.string(), remedy });

/** Makes a remedy's change in the config of a run, and trains with that: a new run; the old one stays, with its completions, and is stopped if it trains. */
export async function changeAndStart(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode()) return;
  const { folder, remedy: edit } = change.parse(given);
  const run = lab.runs.get(folder);
  if (!run || edit.action !== 'set') return;
  const { configFile } = run.info;
  if (!(await isMeant(run, edit))) return;
  await replaceText(configFile, (text) => withField(text, edit.path, edit.value ?? undefined));
  // What is on the screen is what is trained.
  await workspace.saveAll(false);
  const { active } = lab.training;
  if (active?.folder === folder) lab.training.restart(active);
  else await startOrQueue(lab, trainingRequest(configFile));
}

/** A config that has changed since the run may have a better value by now: only the user knows. */
async function isMeant({ name, info: { configFile, config } }: Run, edit: ConfigEdit): Promise<boolean> {
  const file = fileName(configFile);
  const document = await workspace.openTextDocument(Uri.file(configFile)).then(undefined, () => {
    throw new Error(`${file} no longer exists; Edit and Run Again writes one with the run's settings.`);
  });
  const root = parseTree(document.getText());
  const node = root && findNodeAtLocation(root, edit.path);
  const now: unknown = node && getNodeValue(node);
  const then = edit.path.reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], config);
  if (now === undefined || [then, edit.value].some((value) => JSON.stringify(value) === JSON.stringify(now)))
    return true;
  const text = `${file} has changed since ${name}. ${setWords(edit)}?`;
  const detail = `"${edit.path.join('.')}" is ${JSON.stringify(now)} in the file, and was ${JSON.stringify(then)} in this run.`;
  return (await window.showWarningMessage(text, { modal: true, detail }, 'Change and Start')) !== undefined;
}
