import { basename } from 'node:path';
import { Uri, workspace } from 'vscode';
import { looseConfig } from '../../config/partial-config.ts';
import type { DatasetSummary } from '../../protocol/dataset-summary.ts';
import type { WriteMessage } from '../../protocol/import-view.ts';
import { freeConfigName } from '../workspace/free-config-name.ts';
import { replaceText } from '../workspace/replace-text.ts';
import { writablePlace } from '../workspace/writable-place.ts';
import { type ImportedRun, newConfig, tokenLimits, updatedConfig } from './run-config.ts';

/** Writes a new run config, or changes the one that was chosen; gives its file. Throws, with a sentence, where that cannot be. */
export async function writeConfig(
  message: WriteMessage,
  { dataset, folder, heldOut }: { dataset: string; folder: string; heldOut: string | null },
  model: string | null,
  summary: DatasetSummary | null,
): Promise<string> {
  if (model === null) throw new Error('Choose a model first. GRPO: Get Model helps to get one.');
  if (!workspace.isTrusted) throw new Error('Run configs are not written in Restricted Mode.');
  if (summary === null) throw new Error('The dataset has not been read yet.');
  const run: ImportedRun = {
    ...message,
    ...{ model, dataset, limits: tokenLimits(summary), heldOut: message.fromHeldOut ? heldOut : null },
  };
  if (message.config !== null) {
    const file = message.config;
    await replaceText(file, (text) => updatedConfig(text, file, run, looseConfig(text) ?? {}));
    return file;
  }
  const file = await freeConfigName(folder, configStem(dataset));
  await workspace.fs.writeFile(Uri.file(await writablePlace(file)), new TextEncoder().encode(newConfig(file, run)));
  return file;
}

/** `data/gsm8k/train.parquet` is gsm8k's: names such as train say nothing. */
function configStem(dataset: string): string {
  const parts = dataset.split(/[\\/]/).filter((part) => part !== '');
  const stems = parts.map((part, index) => (index === parts.length - 1 ? part.replace(/\..*$/, '') : part));
  const telling = stems.findLast((stem) => !/^(train|test|data|datasets?|main|default)([-_][\d*].*)?$/i.test(stem));
  return (telling ?? basename(dataset)).replaceAll(/[^\w.-]/g, '-');
}
