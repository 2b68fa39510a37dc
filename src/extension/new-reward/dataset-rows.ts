import { dirname, resolve } from 'node:path';
import type { ExtensionContext } from 'vscode';
import { looseConfig, rightFields } from '../../config/partial-config.ts';
import { parseJsonLines } from '../../files/json-lines.ts';
import { CONFIG_FILE } from '../../files/open-file.ts';
import { readStartLater, readTextLater } from '../../files/text.ts';
import { runDatasetCommand } from '../workspace/dataset-command.ts';
import type { Row } from './column-types.ts';

/** Enough to tell the types; datasets may be huge. */
const READ_BYTES = 256 * 1024;
const ROWS = 100;

/**
 * The first rows of a run config's dataset as rewards get them, with their `prompt`; none where config or dataset cannot be read. A command
 * reads what is no plain JSON Lines file with a column "prompt".
 */
export async function datasetRows(
  configFile: string,
  context: Pick<ExtensionContext, 'extensionPath'>,
): Promise<Row[]> {
  try {
    const config = looseConfig(await readTextLater(configFile, CONFIG_FILE)) ?? {};
    const { dataset, prompt, columns } = rightFields(config, 'dataset', 'prompt', 'columns');
    if (dataset === undefined) return [];
    const folder = dirname(configFile);
    const named = [dataset].flat().map((file) => resolve(folder, file));
    const rows = prompt === null && columns === null ? await firstRows(named[0]!) : [];
    if (rows.length > 0) return rows;
    const args = [
      ...named,
      '--rows',
      String(ROWS),
      '--prompt',
      JSON.stringify(prompt),
      '--columns',
      JSON.stringify(columns),
    ];
    const summary = await runDatasetCommand(context, args, folder).result;
    return typeof summary === 'string' ? [] : summary.examples;
  } catch {
    return [];
  }
}

/** The first rows of a JSON Lines file that have a prompt; none where it cannot be read, or is no such file. */
export async function firstRows(dataset: string): Promise<Row[]> {
  if (!dataset.endsWith('.jsonl')) return [];
  const text = await readStartLater(dataset, 'dataset', READ_BYTES).catch(() => '');
  return parseJsonLines(text, dataset, () => {}).flatMap(({ value }) => (value.prompt ? [value as Row] : []));
}
