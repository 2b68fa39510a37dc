import { parseJson } from '../../files/json.ts';
import { type JsonObject, parseJsonRow, requireRow, tableFormat } from '../../files/json-lines.ts';
import { linesOf } from '../../files/text-pieces.ts';
import { BadInput } from '../../protocol/errors.ts';
import { rememberExact } from '../../text/exact-json.ts';
import { isJson } from '../../text/is-json.ts';
import type { BegunText } from './begun-text.ts';
import { JsonListItems } from './json-list-items.ts';
import type { RawRow } from './raw-rows.ts';

/** Most of an object over several lines, which is read whole. */
const MOST_BYTES_OF_OBJECT = 256e6;

/** The rows of JSON Lines, of a list of objects, or of one object that has such a list. */
export function jsonRows(text: BegunText, most = Number.POSITIVE_INFINITY): AsyncGenerator<RawRow[]> {
  const start = text.start.trimStart();
  if (start.startsWith('[')) return rowsOfList(text, most);
  const [first = '', second] = start.split('\n', 2);
  const table = tableFormat(first);
  if (table !== undefined)
    throw new BadInput(
      `This file looks like ${table}, not JSON; rename it so that it ends in .${table.toLowerCase()}.`,
      {
        file: text.file,
        line: 1,
      },
    );
  // In JSON Lines each line is a value of its own, unless it is torn.
  const isObject = second !== undefined && start.startsWith('{') && !isJson(first);
  const isTornLine = second?.startsWith('{') && !/[[{,]\s*$/.test(first);
  return isObject && !isTornLine ? rowsOfObject(text) : rowsOfLines(text, most);
}

async function* rowsOfLines({ file, pieces }: BegunText, most: number): AsyncGenerator<RawRow[]> {
  let count = 0;
  /** The first row, until there is another one. */
  let only: RawRow | undefined;
  let isFirst = true;
  for await (const lines of linesOf(pieces, file)) {
    const rows: RawRow[] = only ? [only] : [];
    only = undefined;
    for (const { line, text } of lines) {
      // What is behind the rows that are wanted may be wrong.
      if (count >= most) break;
      if (text.trim() === '') continue;
      const at = { file, line };
      rows.push({ value: parseJsonRow(text, at), at });
      count++;
    }
    if (isFirst && rows.length === 1) only = rows[0];
    else if (rows.length > 0) {
      isFirst = false;
      yield rows;
    }
  }
  if (only) yield (/\.json(\.gz)?$/i.test(file) && rowsInside(only.value, file)) || [only];
}

async function* rowsOfList({ file, pieces }: BegunText, most: number): AsyncGenerator<RawRow[]> {
  let count = 0;
  const items = new JsonListItems(file);
  for await (const piece of pieces) {
    const found = items.push(piece.toString('utf8')).slice(0, most - count);
    count += found.length;
    yield found.map(({ text, line }) => {
      const at = { file, line };
      return { value: parseJsonRow(text, at), at };
    });
  }
  items.end();
}

async function* rowsOfObject({ file, pieces }: BegunText): AsyncGenerator<RawRow[]> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    parts.push(piece);
    bytes += piece.length;
    if (bytes > MOST_BYTES_OF_OBJECT)
      throw new BadInput(
        `This file is one JSON object of more than ${MOST_BYTES_OF_OBJECT / 1e6} MB; write its rows as JSON Lines, one object per line.`,
        { file },
      );
  }
  const text = Buffer.concat(parts).toString('utf8');
  const at = { file, line: 1 };
  const value = parseJson(text, at);
  rememberExact(text, value);
  const rows = rowsInside(value as JsonObject, file);
  if (rows === undefined)
    throw new BadInput(
      'This file is one JSON object over several lines; a dataset is a JSON list of objects, or JSON Lines: one object per line.',
      at,
    );
  yield rows;
}

/** `{ "version": "1", "data": [ … ] }`: where one field alone is a list of objects, those are the rows. */
function rowsInside(value: JsonObject, file: string): RawRow[] | undefined {
  const lists = Object.values(value).filter(isListOfObjects);
  if (lists.length !== 1) return undefined;
  return lists[0]!.map((row, index) => {
    const at = { file, row: index + 1 };
    return { value: requireRow(row, at), at };
  });
}

const isListOfObjects = (value: unknown): value is JsonObject[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
