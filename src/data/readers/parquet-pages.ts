import type { ColumnChunk } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { BadInput } from '../../protocol/errors.ts';
import { checkRuns } from './parquet-runs.ts';
import type { ParquetColumn } from './parquet-types.ts';

/** A file's bytes, wherever they come from. */
export interface ByteSource {
  size: number;
  read(start: number, length: number): Uint8Array<ArrayBuffer>;
}

/** What a column's pages may come to at most: no program writes more, and a few bytes can claim it. */
const MOST_OF_PAGE = 512e6;
const MOST_VALUES_OF_PAGE = 2 ** 24;
const MOST_VALUES = 2 ** 27;
const MOST_OF_HEADER = 16e6;
const CODECS = new Set(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'LZ4', 'LZ4_RAW', 'ZSTD']);

interface ChunkWanted {
  source: ByteSource;
  file: string;
  column: ParquetColumn;
  /** How many rows of the row group, from its beginning. */
  rows: number;
  groupRows: number;
}

/**
 * Looks at the headers of a column's pages, so that what unpacks them can rely on what they say, and cuts off those behind the rows that
 * are wanted. `size`: bytes of the unpacked pages.
 */
export function cutChunk(chunk: ColumnChunk, wanted: ChunkWanted): { chunk: ColumnChunk; size: number } {
  const { source, file, column, rows, groupRows } = wanted;
  const meta = chunk.meta_data!;
  if (!CODECS.has(meta.codec))
    throw new BadInput(
      `The column "${column.name}" of this Parquet file is compressed with ${meta.codec ?? 'an unknown method'}, which is not supported; write it again with snappy, gzip or zstd.`,
      { file },
    );
  const damaged = (why: string): BadInput => torn(`${why}, column "${column.name}"`, file);
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
  const end = start + Number(meta.total_compressed_size);
  if (!(start >= 4 && start <= Number(meta.data_page_offset) && end >= start && end <= source.size))
    throw damaged('its data are not in the file');
  const levels = column.stored.get(meta.path_in_schema.join('.'));
  if (!levels) throw damaged('it is not as described');
  let at = start;
  let values = 0;
  let size = 0;
  let begun = 0;
  // The last row of a list may continue in the next page.
  while (at < end && begun < (column.isFlat ? rows : rows + 1)) {
    const { header, length } = readHeader(source, at, end, damaged);
    const page = header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header;
    const count = page?.num_values ?? -1;
    const unpacked = header.uncompressed_page_size;
    at += length + header.compressed_page_size;
    if (!(header.type && count >= 0 && unpacked >= 0 && header.compressed_page_size >= 0 && at <= end))
      throw damaged('a page header is invalid');
    if (unpacked > MOST_OF_PAGE || count > MOST_VALUES_OF_PAGE)
      throw damaged(`a page claims ${unpacked} bytes and ${count} values`);
    size += unpacked;
    try {
      begun += checkRuns(
        source.read(at - header.compressed_page_size, header.compressed_page_size),
        header,
        meta,
        levels,
      );
    } catch (error) {
      if (error instanceof BadInput) throw error;
      throw damaged('a page cannot be unpacked');
    }
    if (header.type !== 'DICTIONARY_PAGE') values += count;
    if (values > MOST_VALUES) throw damaged(`it claims ${values} values`);
  }
  if (begun < rows) throw damaged(`${values} values for ${groupRows} rows`);
  const cut = { ...meta, total_compressed_size: BigInt(at - start) };
  return { chunk: { ...chunk, meta_data: cut }, size };
}

function readHeader(source: ByteSource, at: number, end: number, damaged: (why: string) => BadInput) {
  for (let length = 1024; ; length *= 16) {
    const bytes = source.read(at, Math.min(length, end - at));
    const reader = { view: new DataView(bytes.buffer), offset: 0 };
    try {
      return { header: parquetHeader(reader), length: reader.offset };
    } catch {
      // Statistics may make it longer than what was read.
      if (bytes.length < length || length > MOST_OF_HEADER) throw damaged('a page has no header');
    }
  }
}

/** What is said of a file whose bytes contradict each other. */
export const torn = (why: string, file: string): BadInput =>
  new BadInput(`This Parquet file cannot be read: it is damaged or incomplete (${why}); copy or download it again.`, {
    file,
  });
