import { dirname, resolve } from 'node:path';
import { looseConfig, rightFields } from '../../config/partial-config.ts';
import { parseJsonLines } from '../../files/json-lines.ts';
import { CONFIG_FILE } from '../../files/open-file.ts';
import { readStartLater, readTextLater } from '../../files/text.ts';
import type { Row } from './column-types.ts';

/** Enough to tell the types; datasets may be huge. */
const READ_BYTES = 256 * 1024;

/** The first rows of a run config's dataset that have a prompt; none where config or dataset cannot be read. */
export async function datasetRows(configFile: string): Promise<Row[]> {
  try {
    const config = looseConfig(await readTextLater(configFile, CONFIG_FILE)) ?? {};
    const { dataset } = rightFields(config, 'dataset');
    return dataset !== undefined ? await firstRows(resolve(dirname(configFile), [dataset].flat()[0]!)) : [];
  } catch {
    return [];
  }
}

/** The first rows of a dataset that have a prompt; none where it cannot be read. */
export async function firstRows(dataset: string): Promise<Row[]> {
  const text = await readStartLater(dataset, 'dataset', READ_BYTES).catch(() => '');
  return parseJsonLines(text, dataset, () => {}).flatMap(({ value }) => (value.prompt ? [value as Row] : []));
}
