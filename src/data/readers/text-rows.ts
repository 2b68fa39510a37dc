import type { FileKind } from '../../files/open-file.ts';
import { readTextPieces } from '../../files/text-pieces.ts';
import { isJson } from '../../text/is-json.ts';
import type { DatasetFormat } from './format.ts';
import { jsonRows } from './json-rows.ts';
import type { FileWanted, RawRow } from './raw-rows.ts';

/** Far more rows than a run on one machine gets to see. */
const MOST_BYTES = 2e9;

/** The rows of a text file, some at a time. */
export async function* textRows(
  file: string,
  format: Exclude<DatasetFormat, 'parquet'>,
  wanted: FileWanted,
): AsyncGenerator<RawRow[]> {
  const advice = 'set "maxRows" in the run config to use its first rows.';
  const kind: FileKind = { what: wanted.what, most: MOST_BYTES, advice };
  const rest = readTextPieces(file, kind, wanted.at);
  const { value: first } = await rest.next();
  if (first === undefined) return;
  const text = { file, start: first.toString('utf8'), pieces: joined(first, rest) };
  // A table's heading is no JSON object: a file that begins with one has the wrong name.
  const isJson = format === 'json' || beginsWithObject(text.start);
  if (isJson) yield* jsonRows(text, wanted.most);
  else yield* (await csvReader()).csvRows(text, format, wanted);
}

/** Loaded when the first such file comes. */
const csvReader = () => import('./csv-rows.ts');

async function* joined(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

function beginsWithObject(text: string): boolean {
  const start = text.trimStart();
  if (/^\[\s*\{/.test(start)) return true;
  if (!start.startsWith('{')) return false;
  return isJson(start.slice(0, start.indexOf('\n') >>> 0));
}
