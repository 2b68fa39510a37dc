import { dirname, resolve } from 'node:path';
import { parse } from 'jsonc-parser';
import { CONFIG_FILE, openRegularFileLater } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import type { Row } from './column-types.ts';

/** Enough to tell the types; datasets may be huge. */
const READ_BYTES = 256 * 1024;

/** The first rows of a run config's dataset that have a prompt; none where config or dataset cannot be read. */
export async function datasetRows(configFile: string): Promise<Row[]> {
  try {
    const { dataset } = parse(await readTextLater(configFile, CONFIG_FILE)) as { dataset?: unknown };
    return typeof dataset === 'string' ? await firstRows(resolve(dirname(configFile), dataset)) : [];
  } catch {
    return [];
  }
}

/** The first rows of a dataset that have a prompt; none where it cannot be read. */
export async function firstRows(dataset: string): Promise<Row[]> {
  const text = await readStart(dataset).catch(() => '');
  return text.split('\n').flatMap((line): Row[] => rowOf(line));
}

async function readStart(file: string): Promise<string> {
  const handle = await openRegularFileLater(file, 'dataset');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, 0);
    const text = buffer.toString('utf8', 0, bytesRead);
    // The last line may be cut.
    return bytesRead < READ_BYTES ? text : text.slice(0, text.lastIndexOf('\n'));
  } finally {
    await handle.close();
  }
}

function rowOf(line: string): [] | [Row] {
  try {
    const row = JSON.parse(line) as Row;
    return row.prompt ? [row] : [];
  } catch {
    return [];
  }
}
