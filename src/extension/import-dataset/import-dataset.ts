import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  commands,
  type ExtensionContext,
  type QuickPickItem,
  QuickPickItemKind,
  RelativePattern,
  Uri,
  window,
  workspace,
} from 'vscode';
import { DATASET_ENDINGS } from '../../files/dataset-endings.ts';
import { DATASET_FILES, findDatasets } from '../workspace/find-inputs.ts';
import { pickFolder } from '../workspace/pick-folder.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { HUB_DOWNLOADS, hubFolder, hubName } from './hub.ts';
import { openImport } from './panel.ts';
import { hasHeldOut, heldOutBeside, partsOf, wholeSplit, wholeSplits } from './splits.ts';

const TITLE = 'GRPO: Import Dataset';

/** What is known already: a file of the explorer, or what Create Run Config has asked. */
interface Given {
  dataset?: string;
  model?: string;
}

interface Choice extends QuickPickItem {
  dataset?: () => Promise<string | undefined>;
}

/** Shows how a dataset's rows become prompts, and writes that into a run config. `given`: the Uri of a file or folder, or what is known. */
export async function importDataset({ context }: { context: ExtensionContext }, given?: unknown): Promise<void> {
  if (!mayRunCode('Importing a dataset', 'it reads a model that this workspace chooses')) return;
  const { dataset, model }: Given = given instanceof Uri ? { dataset: given.fsPath } : ((given ?? {}) as Given);
  const picked = dataset ?? (await pickDataset());
  if (picked === undefined) return;
  const chosen = await onePart(wholeSplit(picked));
  if (chosen === undefined) return;
  const folder =
    workspace.getWorkspaceFolder(Uri.file(chosen))?.uri.fsPath ??
    (await pickFolder('Open a folder first. Run configs and runs are stored in it.'));
  if (folder === undefined) return;
  await openImport(context, { dataset: chosen, folder, model, heldOut: await heldOutOf(chosen) });
}

/** Of a folder with several datasets, such as the configs of one on the Hub, the one that is chosen; anything else as it is. */
async function onePart(dataset: string): Promise<string | undefined> {
  if (!(await isFolder(dataset))) return dataset;
  const parts = partsOf(dataset, await filesBelow(dataset));
  if (parts.length < 2) return dataset;
  const items = parts.map((part) => ({ label: `$(folder) ${basename(part)}`, description: part, part }));
  const placeHolder = `${basename(dataset)} has several datasets. Select one`;
  return (await window.showQuickPick(items, { title: TITLE, placeHolder, ignoreFocusOut: true }))?.part;
}

/** Where held-out prompts of the same dataset are: in its folder, or next to its file. */
async function heldOutOf(dataset: string): Promise<string | null> {
  if (await isFolder(dataset)) return hasHeldOut(dataset, await filesBelow(dataset)) ? dataset : null;
  return heldOutBeside(dataset, await readdir(dirname(dataset)).catch(() => [])) ?? null;
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function filesBelow(folder: string): Promise<string[]> {
  const pattern = new RelativePattern(Uri.file(folder), `**/*.{${DATASET_FILES}}`);
  const found = (await workspace.findFiles(pattern, '**/.*/**', 1000)).map(({ fsPath }) => fsPath);
  // Beside other files, a .json file usually describes them.
  const others = found.filter((path) => !path.endsWith('.json'));
  return others.length > 0 ? others : found;
}

/** A file of the workspace, another one, a folder, or one that is still to be downloaded; undefined for that, and when it was dismissed. */
async function pickDataset(): Promise<string | undefined> {
  const found = wholeSplits(await findDatasets());
  const heading = (label: string): Choice => ({ label, kind: QuickPickItemKind.Separator });
  const items: Choice[] = [
    ...(found.length > 0 ? [heading('in this workspace')] : []),
    ...found.map((path) => ({
      label: `$(database) ${basename(path)}`,
      description: workspace.asRelativePath(path),
      dataset: async () => path,
    })),
    heading('elsewhere'),
    { label: '$(file) Choose a file…', description: DATASET_ENDINGS.join(', '), dataset: () => browse(false) },
    {
      label: '$(folder-opened) Choose a folder…',
      description: 'in the layout of the Hugging Face Hub',
      dataset: () => browse(true),
    },
    {
      label: '$(cloud-download) Download from the Hugging Face Hub…',
      description: 'such as openai/gsm8k',
      dataset: download,
    },
  ];
  const options = { title: TITLE, placeHolder: 'Select a dataset', matchOnDescription: true, ignoreFocusOut: true };
  return (await window.showQuickPick(items, options))?.dataset?.();
}

async function browse(isFolder: boolean): Promise<string | undefined> {
  const picked = await window.showOpenDialog({
    title: isFolder ? 'Choose a folder with a dataset' : 'Choose a dataset',
    openLabel: 'Import',
    canSelectFolders: isFolder,
    canSelectFiles: !isFolder,
    ...(!isFolder && { filters: { Datasets: [...DATASET_ENDINGS, 'gz'] } }),
  });
  return picked?.[0]?.fsPath;
}

/** Types the command into a terminal; the user reads and runs it, and imports the folder afterwards. */
async function download(): Promise<undefined> {
  const folder = await pickFolder('Open a folder first. The dataset goes into its "data" folder.');
  if (folder === undefined) return;
  const given = await window.showInputBox({
    title: TITLE,
    prompt: 'Name or address of a dataset on the Hugging Face Hub',
    placeHolder: 'openai/gsm8k',
    ignoreFocusOut: true,
    validateInput: (text) =>
      hubName(text) ? undefined : 'Enter a name such as openai/gsm8k, or the address of its page',
  });
  const name = given === undefined ? undefined : hubName(given);
  if (name === undefined) return;
  const items = HUB_DOWNLOADS.map(({ title, needs, command }) => ({
    label: title,
    description: needs,
    detail: command(name),
  }));
  const choice = await window.showQuickPick(items, {
    title: `${TITLE}: ${name}`,
    placeHolder: 'Select how to download it. The command is typed into a terminal, not run',
    ignoreFocusOut: true,
  });
  if (!choice) return;
  const terminal = window.createTerminal({ name: `Get ${name}`, cwd: folder });
  terminal.show();
  terminal.sendText(choice.detail, false);
  const target = hubFolder(name);
  const said = `The command is in the terminal. Press Enter to run it; it downloads the dataset to ${target}. When it is done, import that folder.`;
  const action = 'Import Dataset';
  void window.showInformationMessage(said, action).then((answer) => {
    if (answer) void commands.executeCommand('grpo.importDataset', Uri.file(join(folder, target)));
  });
}
