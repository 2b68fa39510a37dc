import { dirname } from 'node:path';
import { workspace } from 'vscode';
import { DATASET_ENDINGS } from '../../files/dataset-endings.ts';
import { REWARD_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import { EXCLUDED } from './excluded.ts';

const MOST = 200;

/** Of the workspace, by a pattern; sorted. */
async function files(pattern: string): Promise<string[]> {
  const found = await workspace.findFiles(pattern, EXCLUDED, MOST);
  return found.map(({ fsPath }) => fsPath).sort();
}

/** Folders with a config.json beside weights, which are Hugging Face models, and .gguf files. */
export async function findModels(): Promise<string[]> {
  const weights = await files('**/*.safetensors');
  const configs = new Set((await files('**/config.json')).map((path) => dirname(path)));
  const folders = [...new Set(weights.map((path) => dirname(path)))].filter((folder) => configs.has(folder));
  return [...folders, ...(await files('**/*.gguf'))];
}

/** Reward files in TypeScript or JavaScript, and Python files with a function of TRL's signature. */
export async function findRewards(): Promise<string[]> {
  const found = await files('**/*.reward.{ts,js,mjs}');
  for (const path of await files('**/*.py'))
    if (/^(async )?def \w+\([^)]*\bcompletions\b/m.test(await readTextLater(path, REWARD_FILE).catch(() => '')))
      found.push(path);
  return found;
}

/** What a dataset's file may end in, for a glob pattern. */
export const DATASET_FILES = DATASET_ENDINGS.flatMap((ending) => [ending, `${ending}.gz`]).join(',');

/** Of JSON files only those in a folder for data: most others are settings. */
const DATA_FOLDER = /(^|[\\/])(data|datasets?)[\\/]/i;

/** Files that may be datasets. */
export async function findDatasets(): Promise<string[]> {
  const found = await files(`**/*.{${DATASET_FILES}}`);
  const isDataset = (path: string): boolean => {
    if (path.endsWith('.samples.jsonl') || path.endsWith('.difficulty.jsonl')) return false;
    return !/\.json(\.gz)?$/.test(path) || DATA_FOLDER.test(workspace.asRelativePath(path));
  };
  return found.filter(isDataset);
}
