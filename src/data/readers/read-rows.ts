import { BadInput } from '../../protocol/errors.ts';
import { type DatasetFormat, formatOf } from './format.ts';
import type { RawRow, RowsWanted } from './raw-rows.ts';
import { textRows } from './text-rows.ts';
import { WideIntegers } from './wide-integers.ts';

export type { RawRow, RowsWanted } from './raw-rows.ts';

/**
 * Reads the rows of files one after another, each in the format that its name and its first bytes say: JSON Lines, a JSON list, CSV, TSV
 * (all of them also gzipped) or Parquet. Values become what JSON has, as Python's `datasets` would give them to a reward; see docs/datasets.md.
 * Throws BadInput at the row that cannot be read, and for files without any rows.
 */
export async function readRows(files: readonly string[], wanted: RowsWanted): Promise<RawRow[]> {
  const { what, at, most = Number.POSITIVE_INFINITY, onNote } = wanted;
  const formats = files.map((file) => ({ file, format: formatOf(file, what, at) }));
  requireOneFormat(formats);
  const wide = new WideIntegers();
  for (;;) {
    const notes = new Set<string>();
    const rows: RawRow[] = [];
    const known = wide.columns.size;
    for (const { file, format } of formats) {
      if (rows.length >= most || wide.columns.size > known) break;
      const rest = { ...wanted, most: most - rows.length, wide, note: (note: string) => notes.add(note) };
      const reader =
        format === 'parquet' ? (await parquetReader()).parquetRows(file, rest) : textRows(file, format, rest);
      for await (const batch of reader) {
        for (const row of batch) if (rows.length < most) rows.push(row);
        if (rows.length >= most || wide.columns.size > known) break;
      }
    }
    // What was read before has numbers where the column now has texts.
    if (wide.columns.size > known) continue;
    for (const note of [...wide.notes(), ...notes]) onNote?.(note);
    if (rows.length === 0) throw new BadInput(noRows(what, formats), files.length === 1 ? { file: files[0]! } : at);
    return rows;
  }
}

/** Loaded when the first such file comes. */
const parquetReader = () => import('./parquet-rows.ts');

function requireOneFormat(formats: { file: string; format: DatasetFormat }[]): void {
  const [first] = formats;
  const other = formats.find(({ format }) => format !== first!.format);
  if (other === undefined) return;
  throw new BadInput(
    `This file is ${FORMAT_NAMES[other.format]}, and ${first!.file} is ${FORMAT_NAMES[first!.format]}; the files of a dataset must have one format.`,
    { file: other.file },
  );
}

const FORMAT_NAMES: Record<DatasetFormat, string> = { json: 'JSON', csv: 'CSV', tsv: 'TSV', parquet: 'Parquet' };

function noRows(what: string, formats: { format: DatasetFormat }[]): string {
  switch (formats[0]?.format) {
    case undefined:
      return `The ${what} has no files.`;
    case 'json':
      return `The ${what} has no rows; write one JSON object per line.`;
    case 'parquet':
      return `The ${what} has no rows.`;
    default:
      return `The ${what} has no rows; write the names of the columns on the first line and a row on each of the next.`;
  }
}
