import { closeSync, fstatSync } from 'node:fs';
import { type FileMetaData, parquetMetadataAsync, parquetScan, type RowGroup } from 'hyparquet';
import { readBytes } from '../../files/file-bytes.ts';
import { openRegularFile } from '../../files/open-file.ts';
import { BadInput } from '../../protocol/errors.ts';
import { objectWriter } from './exact-values.ts';
import { decompressors } from './parquet-codecs.ts';
import { type ByteSource, cutChunk, torn } from './parquet-pages.ts';
import { columnsOf, type ParquetColumn, parsers } from './parquet-types.ts';
import type { FileWanted, RawRow } from './raw-rows.ts';

/** Far more than a run on one machine gets to see, and than it has memory for. */
const MOST_ROWS = 10e6;
const MOST_BYTES = 2e9;

/** The rows of a Parquet file, a row group at a time: of the others, and of columns that are not wanted, no byte is read. */
export async function* parquetRows(file: string, wanted: FileWanted): AsyncGenerator<RawRow[]> {
  const descriptor = openRegularFile(file, wanted.what, wanted.at);
  try {
    const read = (start: number, length: number) => readBytes(descriptor, file, start, length);
    yield* rowsOfSource({ size: fstatSync(descriptor).size, read }, file, wanted);
  } finally {
    closeSync(descriptor);
  }
}

/** How many rows a Parquet file says that it has. */
export async function parquetRowCount(file: string, { what, at }: Pick<FileWanted, 'what' | 'at'>): Promise<number> {
  const descriptor = openRegularFile(file, what, at);
  try {
    const read = (start: number, length: number) => readBytes(descriptor, file, start, length);
    return Number((await readMetadata({ size: fstatSync(descriptor).size, read }, file)).num_rows);
  } finally {
    closeSync(descriptor);
  }
}

/** As `parquetRows`, of bytes that were opened; `file` is their name in messages. */
export async function* rowsOfSource(
  source: ByteSource,
  file: string,
  { most = Number.POSITIVE_INFINITY, columns: names, wide, note }: FileWanted,
): AsyncGenerator<RawRow[]> {
  const metadata = await readMetadata(source, file);
  const all = await attempt(file, () => columnsOf(metadata, { file, wide, note }));
  const columns = names ? all.filter(({ name }) => names.includes(name)) : all;
  const write = objectWriter(columns.map(({ name }) => name));
  let before = 0;
  let bytes = 0;
  for (const group of metadata.row_groups) {
    const count = Math.min(Number(group.num_rows), most - before);
    if (count <= 0) continue;
    if (before + count > MOST_ROWS) throw tooMuch(`${MOST_ROWS / 1e6} million rows`, file);
    const values: ArrayLike<unknown>[] = [];
    for (const column of columns) {
      const { part, size } = await attempt(file, () => partOf(group, column, count, { source, file }), column.name);
      bytes += size;
      if (bytes > MOST_BYTES) throw tooMuch(`${MOST_BYTES / 1e9} GB of values`, file);
      values.push(await readColumn(source, { ...metadata, row_groups: [part] }, column, count, file));
    }
    const first = before;
    yield await attempt(file, () =>
      Array.from({ length: count }, (_, row) => ({
        value: write((index) => columns[index]!.convert(values[index]![row])),
        at: { file, row: first + row + 1 },
      })),
    );
    before += count;
  }
}

/** What a file says of itself at its end. Throws BadInput where it does not, or is encrypted. */
async function readMetadata(source: ByteSource, file: string): Promise<FileMetaData> {
  const end = source.size < 12 ? '' : Buffer.from(source.read(source.size - 4, 4)).toString('latin1');
  if (end === 'PARE')
    throw new BadInput(
      'This Parquet file is encrypted; decrypt it in Python (pyarrow.parquet with its keys) and write it again.',
      { file },
    );
  if (end !== 'PAR1') throw torn('it does not end with "PAR1"', file);
  return attempt(file, () =>
    parquetMetadataAsync({ byteLength: source.size, slice: sliceOf(source, file) }, { geoparquet: false }),
  );
}

/** What of a row group has the first rows of one column, and how many bytes its values take. */
function partOf(
  group: RowGroup,
  column: ParquetColumn,
  count: number,
  where: { source: ByteSource; file: string },
): { part: RowGroup; size: number } {
  const chunks = group.columns.filter((chunk) => chunk.meta_data?.path_in_schema[0] === column.name);
  if (group.columns.some((chunk) => chunk.crypto_metadata || chunk.encrypted_column_metadata || !chunk.meta_data))
    throw new BadInput(
      'This Parquet file has encrypted columns; decrypt it in Python (pyarrow.parquet with its keys) and write it again.',
      { file: where.file },
    );
  if (chunks.length !== column.stored.size) throw torn(`a part of the column "${column.name}" is missing`, where.file);
  const cut = chunks.map((chunk) =>
    cutChunk(chunk, { ...where, column, rows: count, groupRows: Number(group.num_rows) }),
  );
  return {
    part: { ...group, columns: cut.map(({ chunk }) => chunk) },
    size: cut.reduce((sum, { size }) => sum + size, 0),
  };
}

async function readColumn(
  source: ByteSource,
  metadata: FileMetaData,
  column: ParquetColumn,
  rowEnd: number,
  file: string,
): Promise<ArrayLike<unknown>> {
  const values = await attempt(
    file,
    async () => {
      const buffer = { byteLength: source.size, slice: sliceOf(source, file) };
      const options = { columns: [column.name], compressors: decompressors, parsers, utf8: false, geoparquet: false };
      const scan = await parquetScan({ file: buffer, metadata, ...options, useOffsetIndex: !column.isFlat });
      return scan.readColumn({ column: column.name, rowStart: 0, rowEnd });
    },
    column.name,
  );
  if (values.length !== rowEnd) throw torn(`the column "${column.name}" has too few values`, file);
  return values;
}

const sliceOf =
  (source: ByteSource, file: string) =>
  (start: number, end: number = source.size): ArrayBuffer => {
    if (!(start >= 0 && end >= start && end <= source.size)) throw torn('a part of it is not in the file', file);
    return source.read(start, end - start).buffer;
  };

/** Does what may throw other errors than BadInput where the file is damaged: the library's own, or those of values of another type than the file says. */
async function attempt<T>(file: string, work: () => T | Promise<T>, column?: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BadInput) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new BadInput(
        `The column "${column}" has texts that are not UTF-8; convert them in Python and write the file again.`,
        { file },
      );
    // JavaScript's own messages for invalid metadata are about the library's code, not about the file.
    const isOwn = error instanceof TypeError || error instanceof RangeError;
    const why = isOwn ? 'its metadata is invalid' : (error as Error).message.replace(/^parquet /, '');
    throw torn(column === undefined ? why : `${why}, column "${column}"`, file);
  }
}

const tooMuch = (what: string, file: string): BadInput =>
  new BadInput(`This Parquet file has more than ${what}; set "maxRows" in the run config to use its first rows.`, {
    file,
  });
