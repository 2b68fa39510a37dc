import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import type { ByteSource } from '../../../src/data/readers/parquet-pages.ts';
import { rowsOfSource } from '../../../src/data/readers/parquet-rows.ts';
import type { FileWanted, RawRow } from '../../../src/data/readers/raw-rows.ts';
import { WideIntegers } from '../../../src/data/readers/wide-integers.ts';

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

  test('the pages of a large row group that have the first rows', async () => {
    const { rows, asked, metadata } = await readCounted('rows-small-pages.parquet', { most: 2, columns: ['question'] });
    expect(rows).toHaveLength(2);
    const meta = metadata.row_groups[0]!.columns[0]!.meta_data!;
    const last = Math.max(...asked.map(([, end]) => end));
    expect(last - Number(meta.data_page_offset)).toBeLessThan(Number(meta.total_compressed_size) / 2);
  });
});
