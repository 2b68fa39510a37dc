import { basename, relative } from 'node:path';
import { commands, type QuickPickItem, Uri, window, workspace } from 'vscode';
import { DATASET_ENDINGS } from '../../files/dataset-endings.ts';
import { findDatasets, findModels, findRewards } from '../workspace/find-inputs.ts';
import { freeConfigName } from '../workspace/free-config-name.ts';
import { pickFolder } from '../workspace/pick-folder.ts';
import { writablePlace } from '../workspace/writable-place.ts';
import { firstRows } from './dataset-rows.ts';
import { TEMPLATES } from './templates.ts';
import { exists, rewardFiles, writeReward } from './write-reward.ts';

const STEPS = 4;
interface Choice extends QuickPickItem {
  path?: string;
  browse?: boolean;
  create?: boolean;
}

/** Makes a run config in four steps, and opens it. */
export async function createConfig(): Promise<void> {
  const folder = await pickFolder('Open a folder first. Run configs and runs are stored in it.');
  if (folder === undefined) return;

  const model = await pickPath(1, 'Model folder', await findModels(), {
    folders: true,
    extra: [
      { label: '$(cloud-download) Get a model…', detail: 'Supported models, and how to download them', create: true },
    ],
  });
  if (model === undefined) return;
  if (model === '') return void (await commands.executeCommand('grpo.getModel'));
  const dataset = await pickPath(2, 'Training prompts', await findDatasets(), {
    filters: { Datasets: [...DATASET_ENDINGS, 'gz'] },
    extra: [
      {
        label: '$(database) Import a dataset…',
        detail: 'Choose its prompts and answers, or download one',
        create: true,
      },
    ],
  });
  if (dataset === undefined) return;
  // What has no prompts yet is imported first, which also writes the config.
  if (dataset === '') return void (await commands.executeCommand('grpo.importDataset', { model }));
  if ((await firstRows(dataset)).length === 0)
    return void (await commands.executeCommand('grpo.importDataset', { dataset, model }));
  const reward = await pickPath(3, 'Reward file', await findRewards(), {
    filters: { 'Reward functions': ['ts', 'js', 'mjs', 'py'] },
    extra: [{ label: '$(new-file) Create a reward file', detail: 'rewards/first.reward.ts', create: true }],
  });
  if (reward === undefined) return;
  const device = await pickDevice();
  if (device === undefined) return;

  const rewardFile = reward === '' ? await createReward(folder, dataset) : reward;
  const file = await freeConfigName(folder, basename(dataset).replace(/\..*$/, ''));
  const toConfig = (path: string): string => relative(folder, path).replaceAll('\\', '/');
  const config = {
    model: toConfig(model),
    dataset: toConfig(dataset),
    rewards: [toConfig(rewardFile)],
    device,
    maxSteps: 100,
    maxCompletionLength: 128,
    learningRate: 1e-5,
    saveSteps: 25,
  };
  await workspace.fs.writeFile(
    Uri.file(await writablePlace(file)),
    new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`),
  );
  await window.showTextDocument(Uri.file(file));
}

interface PathOptions {
  folders?: boolean;
  filters?: Record<string, string[]>;
  extra?: Choice[];
}

/** A path found in the workspace, or one browsed to; '' for one that is still to be made. */
async function pickPath(
  step: number,
  what: string,
  found: string[],
  { folders = false, filters = {}, extra = [] }: PathOptions,
): Promise<string | undefined> {
  const items: Choice[] = [
    ...found.map((path) => ({ label: basename(path), description: workspace.asRelativePath(path), path })),
    ...extra,
    { label: '$(folder-opened) Browse…', browse: true, alwaysShow: true },
  ];
  const choice = await window.showQuickPick(items, {
    title: title(step, what),
    placeHolder: what,
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (choice?.create) return '';
  if (!choice?.browse) return choice?.path;
  const picked = await window.showOpenDialog({
    title: what,
    canSelectFolders: folders,
    canSelectFiles: !folders,
    ...(folders ? {} : { filters }),
  });
  return picked?.[0]?.fsPath;
}

const title = (step: number, what: string): string => `Create Run Config (${step}/${STEPS}): ${what}`;

async function pickDevice(): Promise<string | undefined> {
  const items = [
    { label: 'auto', detail: 'Fastest available device' },
    { label: 'cpu', detail: 'Works everywhere' },
    { label: 'webgpu', detail: 'A GPU of any vendor; GRPO: Show Devices tells you whether it works here' },
  ];
  const options = { title: title(4, 'Device'), placeHolder: 'Select where to compute', ignoreFocusOut: true };
  return (await window.showQuickPick(items, options))?.label;
}

/** A blank one, typed by the dataset's columns; one that is there already is taken as it is. */
async function createReward(top: string, dataset: string): Promise<string> {
  const [template] = TEMPLATES;
  const name = 'first';
  const files = rewardFiles(top, name, template!);
  for (const file of [files.reward, files.samples]) await writablePlace(file);
  if (!(await exists(files.reward)))
    await writeReward(files, { template: template!, name, rows: await firstRows(dataset) });
  return files.reward;
}
