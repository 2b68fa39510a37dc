import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { commands, Uri, window, workspace } from 'vscode';
import type { Lab } from '../lab.ts';

const NAME = 'grpo-sample';
const OPEN = 'Open';
const OPEN_NEW = 'Open in New Window';

/** Copies the sample workspace to a folder of the user's and opens it. `given`: the folder to make, without asking. */
export async function openSample({ context }: Lab, given?: unknown): Promise<void> {
  const target = typeof given === 'string' ? given : await chooseTarget();
  if (target === undefined) return;
  if ((await entries(target)).length === 0) await copySample(context.extensionPath, target);
  const here = typeof given === 'string' || workspace.workspaceFolders === undefined;
  const choice = here ? OPEN : await window.showInformationMessage(`The sample is in ${target}.`, OPEN, OPEN_NEW);
  if (!choice) return;
  await commands.executeCommand('vscode.openFolder', Uri.file(target), { forceNewWindow: choice === OPEN_NEW });
}

async function chooseTarget(): Promise<string | undefined> {
  const picked = await window.showOpenDialog({
    title: `Choose where to create "${NAME}"`,
    openLabel: 'Create Sample Here',
    canSelectFiles: false,
    canSelectFolders: true,
  });
  const parent = picked?.[0]?.fsPath;
  return parent === undefined ? undefined : join(parent, NAME);
}

const entries = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** The sample with the schemas that it refers to elsewhere, so that its configs also complete and are checked where the extension is not. */
async function copySample(extension: string, target: string): Promise<void> {
  const filter = (path: string) => basename(path) !== '.grpo';
  await cp(join(extension, 'sample-workspace'), target, { recursive: true, filter });
  await mkdir(join(target, 'types'));
  for (const schema of ['grpo.schema.json', 'experiment.schema.json'])
    await cp(join(extension, 'schemas', schema), join(target, 'types', schema));
  for (const name of await readdir(target, { recursive: true }))
    if (/\.(grpo|experiment)\.json$/.test(name)) await nameCopies(join(target, name));
}

/** `"../schemas/…"` becomes `"./types/…"`, and so does that of a folder below: `"../../schemas/…"` becomes `"../types/…"`. */
async function nameCopies(file: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const named = text.replace(/"\.\.\/((?:\.\.\/)*)schemas\//, (_, up: string) => `"${up || './'}types/`);
  if (named === text) throw new Error(`${file} does not name a schema.`);
  await writeFile(file, named);
}
