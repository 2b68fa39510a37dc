import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { RowsWanted } from '../../../src/data/readers/raw-rows.ts';
import { readRows } from '../../../src/data/readers/read-rows.ts';
import { BadInput } from '../../../src/protocol/errors.ts';
import { numberText, stringifyExact } from '../../../src/text/exact-json.ts';
import { fileOf } from '../files/folder.ts';

const FIXTURES = 'test/references/fixtures/datasets';
const read = (file: string, wanted: Partial<RowsWanted> = {}) => readRows([file], { what: 'dataset', ...wanted });

/** The sentence that it throws, with its place but without the folder. */
async function problem(files: string | string[], wanted: Partial<RowsWanted> = {}): Promise<string> {
  try {
    await readRows([files].flat(), { what: 'dataset', ...wanted });
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return error.message.replaceAll(/\S*\/grpo-files-\w+\/|\S*fixtures\/datasets\//g, '');
  }
  throw new Error('accepted');
}

/** Values as the fixtures have them: a float is told from an int, and compared as a number. */
function plain(value: unknown, text?: string): unknown {
  if (typeof value === 'number') return /[.e]/i.test(text ?? String(value)) ? { float: value } : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item, index) => plain(item, numberText(value, index)));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, numberText(value, key))]));
}

/** Columns by their names, as pyarrow and `datasets` gave them (test/references/dataset_files.py). */
function expectedColumns(name: string): Record<string, unknown[]> {
  const python: Record<string, number> = { inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY };
  return JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8'), (key, value) =>
    key === 'float' && typeof value === 'string' ? (python[value] ?? Number(value)) : value,
  );
}

async function columnsOf(file: string): Promise<Record<string, unknown[]>> {
  const rows = await read(file);
  const names = Object.keys(rows[0]!.value);
  return Object.fromEntries(
    names.map((name) => [name, rows.map(({ value }) => (plain(value) as Record<string, unknown>)[name])]),
  );
}

describe('values are those that Python reads', () => {
  test.each(['types.parquet', 'int96.parquet', 'nulls-lz4.parquet'])('%s', async (name) => {
    expect(await columnsOf(join(FIXTURES, name))).toEqual(expectedColumns(name.replace('.parquet', '')));
  });

  const variants = ['plain', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'small-pages', 'page-index', 'delta', 'split'];
  test.each(variants)('rows-%s.parquet', async (name) => {
    expect(await columnsOf(join(FIXTURES, `rows-${name}.parquet`))).toEqual(expectedColumns('rows'));
  });

  test.each(['types.csv', 'quirks.csv', 'index.csv', 'bom.csv', 'no-end.csv', 'none.csv', 'rows.tsv'])(
    '%s',
    async (name) => {
      expect(await columnsOf(join(FIXTURES, name))).toEqual(expectedColumns(name));
    },
  );

  test.each(['list.json', 'lines.json', 'field.json'])('%s', async (name) => {
    expect(await columnsOf(join(FIXTURES, name))).toEqual(expectedColumns('list.json'));
  });
});

test('a number in a CSV file has ASCII white space around it, as pandas wants it', async () => {
  const rows = await read(fileOf('a,b\n\u00a05, 5\n6,6\t\n', 'a.csv'));
  expect(rows.map(({ value }) => value)).toEqual([
    { a: '\u00a05', b: 5 },
    { a: '6', b: 6 },
  ]);
});

test('floats leave as Python writes them, in lists and structs too', async () => {
  const [first] = await read(join(FIXTURES, 'types.parquet'));
  const { float64, floats, struct, odd_float64 } = first!.value;
  const [text] = [stringifyExact(first!.value)];
  expect(text).toContain('"float64":5.0,"odd_float64":-0.0,');
  expect(text).toContain('"floats":[1.0,0.5]');
  expect(text).toContain('"struct":{"n":1,"x":2.0,');
  expect([float64, floats, struct, odd_float64]).toEqual([5, [1, 0.5], { n: 1, x: 2, tags: ['t'] }, -0]);
});

test('what was changed is noted once', async () => {
  const notes: string[] = [];
  await read(join(FIXTURES, 'types.parquet'), { onNote: (note) => notes.push(note) });
  expect(notes.sort()).toEqual([
    'The column "image.bytes" holds binary values, which are skipped: rewards and prompts get null.',
    ...['structs.n', 'wide_int64', 'wide_uint64'].map(
      (name) => `The column "${name}" holds integers beyond 2^53; its values are texts, digit for digit.`,
    ),
  ]);
});

test('integers are texts in all files of a dataset where one has some beyond 2^53', async () => {
  const files = ['id\n1\n', 'id\n12345678901234567\n'].map((text) => fileOf(text, 'a.csv'));
  const rows = await readRows(files, { what: 'dataset' });
  expect(rows.map(({ value }) => value.id)).toEqual(['1', '12345678901234567']);
});

describe('places', () => {
  test('are lines, of a CSV record the one that it begins on', async () => {
    const rows = await read(join(FIXTURES, 'quirks.csv'));
    expect(rows.map(({ at }) => at.line)).toEqual([2, 4, 7]);
    const list = await read(fileOf('[\n{"a": 1},\n\n  {"a":\n 2}, {"a": 3}]\n', 'a.json'));
    expect(list.map(({ at }) => at.line)).toEqual([2, 4, 5]);
  });

  test('are rows where there are no lines', async () => {
    const rows = await read(join(FIXTURES, 'rows-gzip.parquet'), { most: 9 });
    expect(rows.map(({ at }) => at.row)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect((await read(join(FIXTURES, 'field.json')))[1]!.at.row).toBe(2);
  });
});

describe('a file is what it holds, whatever its name says', () => {
  const rows = '{"a":1}\n{"a":2}\n';
  test.each([
    ['Parquet', 'a.jsonl', readFileSync(join(FIXTURES, 'rows-plain.parquet')), 40],
    ['JSON Lines', 'a.json', rows, 2],
    ['JSON Lines', 'a.csv', rows, 2],
    ['JSON Lines', 'a.txt', rows, 2],
    ['a JSON list', 'a.jsonl', '[{"a":1},{"a":2}]', 2],
    ['gzipped', 'a.jsonl', gzipSync(rows), 2],
    ['gzipped', 'a.csv.gz', gzipSync('a,b\n1,2\n'), 1],
    ['gzipped twice in one file', 'a.tsv.gz', Buffer.concat([gzipSync('a\tb\n1'), gzipSync('\t2\n3\t4\n')]), 2],
    ['with semicolons', 'a.csv', 'a;b\n"1;2";3\n', 1],
  ])('%s in %s', async (_, name, content, count) => {
    expect(await read(fileOf(content, name))).toHaveLength(count);
  });

  test('a row of JSON with a list is one row, unless the file is nothing else', async () => {
    const text = '{"data":[{"a":1},{"a":2}]}\n';
    expect(await read(fileOf(text, 'a.jsonl'))).toHaveLength(1);
    expect(await read(fileOf(text, 'a.json'))).toHaveLength(2);
  });
});

test('no more rows than wanted, across files', async () => {
  const files = [1, 2, 3].map((n) => fileOf(`a\n${n}0\n${n}1\n`, 'a.csv'));
  const rows = await readRows(files, { what: 'dataset', most: 3 });
  expect(rows.map(({ value }) => value.a)).toEqual([10, 11, 20]);
  // What comes behind them is not even looked at.
  expect(await read(fileOf('{"a":1}\nno\n', 'a.jsonl'), { most: 1 })).toHaveLength(1);
});

describe('bad input is one sentence', () => {
  const PARQUET = readFileSync(join(FIXTURES, 'rows-plain.parquet'));
  const damaged = (why: string) =>
    `This Parquet file cannot be read: it is damaged or incomplete (${why}); copy or download it again.`;
  const at = { file: 'run.grpo.json', line: 3, column: 4 };

  test.each([
    [
      'a.csv',
      'a,b\n1,2\n3\n',
      'a.csv:3: This row has 1 field, and the first line names 2 columns; is a comma or a line missing?',
    ],
    [
      'a.csv',
      'a,b\n1,2\n\n3,4,5\n',
      'a.csv:4: This row has 3 fields, and the first line names 2 columns; a field that has a comma or a line feed in it must be in quotes.',
    ],
    [
      'a.csv',
      'a,b\n"1\n\n",2\n3,"x\ny\n',
      'a.csv:5: A quoted text that begins in this row does not end; close the quote, and write a quote within a text twice: "".',
    ],
    [
      'a.tsv',
      'a\tb\n1\t5"x\n',
      'a.tsv:2: A quote of this row is neither at the beginning nor at the end of its field; put the field in quotes, and write a quote within it twice: "".',
    ],
    ['a.csv', 'a,b,a\n1,2,3\n', 'a.csv:1: Two columns are called "a"; rename one.'],
    ['a.csv', '__proto__,b\n1,2\n', 'a.csv:1: No column can be called "__proto__"; rename it.'],
    [
      'a.csv',
      '',
      'a.csv: The dataset has no rows; write the names of the columns on the first line and a row on each of the next.',
    ],
    [
      'a.csv',
      'a,b\n',
      'a.csv: The dataset has no rows; write the names of the columns on the first line and a row on each of the next.',
    ],
    [
      'a.csv',
      Buffer.from([0x61, 10, 0x62, 10, 0xe9, 10]),
      'a.csv:3: This line is not UTF-8 text (is it Latin-1 or a binary file?); save the file as UTF-8.',
    ],
    [
      'a.csv',
      Buffer.from('\uFEFFa,b\n1,2\n', 'utf16le'),
      'a.csv: This file is UTF-16 text, as ">" writes it in Windows PowerShell; save it as UTF-8.',
    ],
    ['a.json', '', 'a.json: The dataset has no rows; write one JSON object per line.'],
    ['a.json', '[]', 'a.json: The dataset has no rows; write one JSON object per line.'],
    ['a.json', '[1]', 'a.json:1: A row must be a JSON object, { ... }.'],
    ['a.json', '[{"a":1},\n{"a":2}', 'a.json:2: The JSON list does not end; the file is cut off within this item.'],
    ['a.json', '[{"a":1},\n{"a":2},\n]', 'a.json:3:1: This is not valid JSON: value expected.'],
    ['a.json', '[{"a":1}]\n[]', 'a.json:2: There is more text after the end of the JSON list; a file has one list.'],
    ['a.json', '[\n{"a" 1}]', 'a.json:2:6: This is not valid JSON: colon expected.'],
    ['a.json', '"a"', 'a.json:1: A row must be a JSON object, { ... }.'],
    [
      'a.json',
      '{\n"a": 1\n}',
      'a.json:1: This file is one JSON object over several lines; a dataset is a JSON list of objects, or JSON Lines: one object per line.',
    ],
    ['a.json', '{\n"data": [{"__proto__": 1}]\n}', 'a.json, row 1: No column can be called "__proto__"; rename it.'],
    [
      'a.jsonl.gz',
      gzipSync('{"a":1}\n').subarray(0, 15),
      'a.jsonl.gz: This gzip file ends before its data does; copy or download it again.',
    ],
    [
      'a.csv.gz',
      Buffer.concat([gzipSync('a\n1\n').subarray(0, 12), Buffer.alloc(9)]),
      'a.csv.gz: This gzip file is damaged; copy or download it again.',
    ],
    [
      'a.jsonl.zst',
      Buffer.from('28b52ffd0000', 'hex'),
      'a.jsonl.zst: This file is compressed with zstd; unpack it with "unzstd", or compress it with gzip.',
    ],
    [
      'a.csv',
      'version https://git-lfs.github.com/spec/v1\noid',
      'a.csv: This file is a Git LFS pointer, not the file\'s content; fetch the content with "git lfs pull".',
    ],
    [
      'a.json',
      '\n<!DOCTYPE html><html>',
      'a.json: This file is a web page or XML, not a dataset; was it downloaded by its page address?',
    ],
    [
      'a.parquet.gz',
      gzipSync(PARQUET),
      'a.parquet.gz: This Parquet file is gzipped as a whole; unpack it with "gunzip".',
    ],
    [
      'a.parquet',
      'a,b\n',
      'a.parquet: This is not a Parquet file: it does not begin with "PAR1"; copy or download it again.',
    ],
    ['a.parquet', PARQUET.subarray(0, 3000), `a.parquet: ${damaged('it does not end with "PAR1"')}`],
    ['a.parquet', Buffer.from('PAR1'), `a.parquet: ${damaged('it does not end with "PAR1"')}`],
    [
      'a.parquet',
      Buffer.concat([PARQUET.subarray(0, 100), PARQUET.subarray(2000)]),
      /^a\.parquet: This Parquet file cannot be read: it is damaged/,
    ],
  ])('%s: %j', async (name, content, message) => {
    const given = await problem(fileOf(content, name));
    if (typeof message === 'string') expect(given).toBe(message);
    else expect(given).toMatch(message);
  });

  test.each([
    [
      'encrypted',
      'encrypted.parquet: This file is an encrypted Parquet file; decrypt it in Python (pyarrow.parquet with its keys) and write it again.',
    ],
    [
      'encrypted-columns',
      'encrypted-columns.parquet: This Parquet file has encrypted columns; decrypt it in Python (pyarrow.parquet with its keys) and write it again.',
    ],
    [
      'lzo',
      'lzo.parquet: The column "answer" of this Parquet file is compressed with LZO, which is not supported; write it again with snappy, gzip or zstd.',
    ],
    ['twice', 'twice.parquet: Two columns are called "answer"; rename one.'],
    ['proto', 'proto.parquet: No column can be called "__proto__"; rename it.'],
    ['no-rows', 'no-rows.parquet: The dataset has no rows.'],
    [
      'not-utf8',
      'not-utf8.parquet: The column "answer" has texts that are not UTF-8; convert them in Python and write the file again.',
    ],
  ])('%s.parquet', async (name, message) => {
    expect(await problem(join(FIXTURES, `${name}.parquet`))).toBe(message);
  });

  test('files of two formats, and one that is not there', async () => {
    const files = [fileOf('{"a":1}', 'a.jsonl'), fileOf('a\n1\n', 'b.csv')];
    expect(await problem(files)).toBe(
      'b.csv: This file is CSV, and a.jsonl is JSON; the files of a dataset must have one format.',
    );
    expect(await problem('none.csv', { at })).toBe('run.grpo.json:3:4: The dataset none.csv does not exist.');
  });
});
