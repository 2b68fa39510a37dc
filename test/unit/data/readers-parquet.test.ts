import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ColumnMetaData, type PageHeader, parquetMetadata } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import type { ByteSource } from '../../../src/data/readers/parquet-pages.ts';
import { rowsOfSource } from '../../../src/data/readers/parquet-rows.ts';
import { checkRuns } from '../../../src/data/readers/parquet-runs.ts';
import type { FileWanted, RawRow } from '../../../src/data/readers/raw-rows.ts';
import { readRows } from '../../../src/data/readers/read-rows.ts';
import { WideIntegers } from '../../../src/data/readers/wide-integers.ts';
import { fileOf } from '../files/folder.ts';

const FIXTURES = 'test/references/fixtures/datasets';

/** Reads a file, and tells which of its bytes were asked for behind its description. */
async function readCounted(name: string, wanted: Partial<FileWanted>) {
  const bytes = readFileSync(join(FIXTURES, name));
  const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
  const asked: [start: number, end: number][] = [];
  const source: ByteSource = {
    size: bytes.length,
    read(start, length) {
      // The description comes with what is before it in a small file: that is not reading rows.
      if (start + length <= footer) asked.push([start, start + length]);
      return new Uint8Array(bytes.subarray(start, start + length));
    },
  };
  const rows: RawRow[] = [];
  const rest = { what: 'dataset', wide: new WideIntegers(), note: () => {} };
  for await (const batch of rowsOfSource(source, name, { ...rest, ...wanted })) rows.push(...batch);
  return { rows, asked, metadata: parquetMetadata(new Uint8Array(bytes).buffer) };
}

describe('of a Parquet file, no more is read than is needed', () => {
  test('the row groups that have the rows', async () => {
    const { rows, asked, metadata } = await readCounted('rows-gzip.parquet', { most: 9 });
    expect(rows).toHaveLength(9);
    const groups = metadata.row_groups;
    expect(groups.length).toBeGreaterThan(4);
    // Seven rows a group: two of them.
    const third = Number(groups[2]!.columns[0]!.meta_data!.data_page_offset);
    expect(Math.max(...asked.map(([, end]) => end))).toBeLessThanOrEqual(third);
  });

  test('the columns that are wanted', async () => {
    const { rows, asked, metadata } = await readCounted('rows-plain.parquet', { columns: ['n', 'none'] });
    expect(rows[3]!.value).toEqual({ n: 3 });
    const meta = metadata.row_groups[0]!.columns[2]!.meta_data!;
    const [start, end] = [Number(meta.data_page_offset), Number(meta.data_page_offset + meta.total_compressed_size)];
    expect(meta.path_in_schema).toEqual(['n']);
    expect(asked.every(([from, to]) => from >= start && to <= end)).toBe(true);
  });

  test.each([
    ['question', 0],
    ['levels', 3],
  ])('the pages of a large row group that have the first rows: %s', async (name, index) => {
    const { rows, asked, metadata } = await readCounted('rows-small-pages.parquet', { most: 5, columns: [name] });
    const all = await readRows([join(FIXTURES, 'rows-small-pages.parquet')], { what: 'dataset' });
    expect(rows.map(({ value }) => value[name])).toEqual(all.slice(0, 5).map(({ value }) => value[name]));
    const meta = metadata.row_groups[0]!.columns[index]!.meta_data!;
    // The headers of pages were read before, some bytes at a time; the last is what is unpacked.
    const [from, to] = asked.at(-1)!;
    expect(from).toBe(Number(meta.data_page_offset));
    expect(to - from).toBeLessThan(Number(meta.total_compressed_size) / 2);
  });
});

/** A file with more of a footer: what it says is not where others look for it by number. */
function withFooter(name: string, change: (footer: Buffer) => Buffer): Buffer {
  const bytes = readFileSync(join(FIXTURES, name));
  const start = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
  const footer = change(bytes.subarray(start, -8));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([bytes.subarray(0, start), footer, length, Buffer.from('PAR1')]);
}

test('a file that claims 2^60 rows is refused at once', async () => {
  // 40 rows and values, as thrift writes an i64 (twice the number); and 2^60.
  const [few, many] = [Buffer.from([0x16, 80]), Buffer.from([0x16, ...Array(8).fill(0x80), 0x20])];
  const file = fileOf(
    withFooter('rows-plain.parquet', (footer) =>
      Buffer.from(footer.toString('latin1').replaceAll(few.toString('latin1'), many.toString('latin1')), 'latin1'),
    ),
    'a.parquet',
  );
  const metadata = parquetMetadata(new Uint8Array(readFileSync(file)).buffer);
  expect(metadata.row_groups[0]!.num_rows).toBe(2n ** 60n);
  await expect(readRows([file], { what: 'dataset' })).rejects.toThrow('has more than 10 million rows; set "maxRows"');
  await expect(readRows([file], { what: 'dataset', most: 50 })).rejects.toThrow('40 values for');
});

test('a run of levels that is longer than its page is refused before it is read', () => {
  const header = (values: number) =>
    ({
      type: 'DATA_PAGE_V2',
      uncompressed_page_size: 5,
      data_page_header_v2: { num_values: values, definition_levels_byte_length: 5, repetition_levels_byte_length: 0 },
    }) as unknown as PageHeader;
  const meta = { codec: 'UNCOMPRESSED', type: 'INT32' } as ColumnMetaData;
  const levels = { repetition: 0, definition: 1 };
  // A run of 2^27 - 1 values: a count and one level.
  const run = new Uint8Array([0xfe, 0xff, 0xff, 0x7f, 1]);
  expect(() => checkRuns(run, header(40), meta, levels)).toThrow('a run of 134217727 in a page of 40 values');
  expect(() => checkRuns(new Uint8Array([2, 1, 2, 1, 1]), header(40), meta, levels)).toThrow();
  expect(() => checkRuns(new Uint8Array([80, 1, 0, 0, 0]), header(40), meta, levels)).not.toThrow();
});
