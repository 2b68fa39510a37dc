import { basename, dirname } from 'node:path';
import { type ExtensionContext, Uri, ViewColumn, window, workspace } from 'vscode';
import { configName } from '../../text/files-by-name.ts';
import { withReward } from '../workspace/add-to-config.ts';
import { findConfigs } from '../workspace/find-files.ts';
import { pickFolder } from '../workspace/pick-folder.ts';
import { replaceText } from '../workspace/replace-text.ts';
import { writablePlace } from '../workspace/writable-place.ts';
import { isIdentifier } from './column-types.ts';
import { datasetRows } from './dataset-rows.ts';
import type { Template } from './template.ts';
import { TEMPLATES } from './templates.ts';
import { exists, rewardFiles, writeReward } from './write-reward.ts';

const title = (step: number, what: string): string => `New Reward Function (${step}/3): ${what}`;

/** What it takes of the lab. */
interface Editor {
  context: ExtensionContext;
  previews: () => Promise<{ subjects: { prefer: (id: string) => Promise<void> } }>;
}

/**
 * Makes a reward function from a template, with samples that show what it does, and adds it to a run config if wanted. `given`: the Uri of the
 * config that has no reward yet.
 */
export async function newReward({ context, previews }: Editor, given?: unknown): Promise<void> {
  const template = await pickTemplate();
  if (!template) return;
  const config = given instanceof Uri ? given.fsPath : await pickConfigOrNone();
  if (config === undefined) return;
  const folder =
    config === '' ? await pickFolder('Open a folder first. The reward file is created in it.') : dirname(config);
  if (folder === undefined) return;
  const name = await askName(folder, template);
  if (name === undefined) return;

  const files = rewardFiles(folder, name, template);
  for (const file of [files.reward, files.samples]) await writablePlace(file);
  const rows = config === '' ? [] : await datasetRows(config, context);
  await writeReward(files, { template, name, rows });
  if (config !== '') await replaceText(config, (text) => withReward(text, config, files.reward));
  // A config that was chosen for other rewards would show its own samples instead.
  const { subjects } = await previews();
  await subjects.prefer(files.reward);
  await window.showTextDocument(Uri.file(files.reward), { viewColumn: ViewColumn.One, preview: false });
  const beside = { viewColumn: ViewColumn.Beside, preserveFocus: true, preview: false };
  await window.showTextDocument(Uri.file(files.samples), beside);
}

async function pickTemplate(): Promise<Template | undefined> {
  const items = TEMPLATES.map((template) => ({ label: template.label, detail: template.detail, template }));
  const options = { title: title(1, 'Start From'), matchOnDetail: true, ignoreFocusOut: true };
  return (await window.showQuickPick(items, { ...options, placeHolder: 'Start from a blank function or a helper' }))
    ?.template;
}

/** The run config that is to use it; '' for none. */
async function pickConfigOrNone(): Promise<string | undefined> {
  const configs = await findConfigs(200);
  if (configs.length === 0) return '';
  const items = [
    ...configs
      .map(({ fsPath }) => ({ label: configName(fsPath), description: workspace.asRelativePath(fsPath), fsPath }))
      .sort((a, b) => a.label.localeCompare(b.label)),
    { label: '$(circle-slash) No run config', description: 'create the files only', fsPath: '' },
  ];
  const placeHolder = 'Select the run config to add it to. Its dataset provides the types and the first samples.';
  return (await window.showQuickPick(items, { title: title(2, 'Run Config'), placeHolder, ignoreFocusOut: true }))
    ?.fsPath;
}

/** A name that both languages allow and that is not taken. */
async function askName(folder: string, template: Template): Promise<string | undefined> {
  const problemOf = async (name: string): Promise<string | undefined> => {
    if (!isIdentifier(name)) return 'Enter a function name: letters, digits and underscores, not a reserved word.';
    const taken = [];
    for (const file of Object.values(rewardFiles(folder, name, template)))
      if (await exists(file)) taken.push(basename(file));
    return taken.length > 0 ? `${taken.join(' and ')} already exists. Choose another name.` : undefined;
  };
  const prompt = 'Name of the function, its file and its metric';
  return window.showInputBox({
    title: title(3, 'Name'),
    prompt,
    value: 'my_reward',
    validateInput: problemOf,
    ignoreFocusOut: true,
  });
}
