import type { ColumnMetaData, PageHeader } from 'hyparquet';
import { decompressors } from './parquet-codecs.ts';

/** How deep a stored column is nested: the highest of its repetition and definition levels. */
export interface Levels {
  repetition: number;
  definition: number;
}

/**
 * How many rows begin in a page. Throws an Error for a page with a run of more values than the page has. Runs of levels and of indices of a dictionary are a count
 * and one value, and what reads them takes the count's word for it: six spoiled bytes would fill the memory.
 */
export function checkRuns(bytes: Uint8Array, header: PageHeader, meta: ColumnMetaData, levels: Levels): number {
  const { data_page_header: first, data_page_header_v2: second, uncompressed_page_size: size } = header;
  const page = first ?? second;
  if (!page) return 0;
  const check = (part: Uint8Array, width: number) => countRuns(part, width, page.num_values).seen;
  // Every value has its levels; what there are too few of would be taken from the bytes behind.
  const checkLevels = (part: Uint8Array, highest: number): number => {
    if (highest === 0) return page.num_values;
    const { seen, zeros } = countRuns(part, 32 - Math.clz32(highest), page.num_values);
    if (seen < page.num_values) throw new Error('levels are missing');
    return zeros;
  };
  // Values that repeat nothing.
  let rows = page.num_values;
  let values: Uint8Array;
  if (second) {
    const [repetition, definition] = [second.repetition_levels_byte_length, second.definition_levels_byte_length];
    rows = checkLevels(bytes.subarray(0, repetition), levels.repetition);
    checkLevels(bytes.subarray(repetition, repetition + definition), levels.definition);
    const rest = bytes.subarray(repetition + definition);
    values = second.is_compressed === false ? rest : unpacked(rest, size - repetition - definition, meta);
  } else {
    values = unpacked(bytes, size, meta);
    for (const name of ['repetition', 'definition'] as const) {
      if (levels[name] === 0) continue;
      const length = lengthAt(values);
      const zeros = checkLevels(values.subarray(4, 4 + length), levels[name]);
      if (name === 'repetition') rows = zeros;
      values = values.subarray(4 + length);
    }
  }
  if (!/RLE|DICTIONARY/.test(page.encoding ?? '')) return rows;
  if (meta.type === 'BOOLEAN') check(values.subarray(4), 1);
  else if (values.length > 0) check(values.subarray(1), values[0]!);
  return rows;
}

function unpacked(bytes: Uint8Array, size: number, { codec }: ColumnMetaData): Uint8Array {
  const decompress = decompressors[codec];
  return decompress && size > 0 ? decompress(bytes, size) : bytes;
}

function lengthAt(bytes: Uint8Array): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  if (4 + length > bytes.length) throw new Error('levels are longer than their page');
  return length;
}

/** How many values the runs have, up to `most`, and how many of them are 0: https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE. */
function countRuns(bytes: Uint8Array, width: number, most: number): { seen: number; zeros: number } {
  if (width > 32) throw new Error(`values of ${width} bits`);
  let seen = 0;
  let zeros = 0;
  for (let at = 0; at < bytes.length && seen < most; ) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) throw new Error('a run has no end');
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const isPacked = header % 2 === 1;
    const count = Math.floor(header / 2) * (isPacked ? 8 : 1);
    // The last eight may be filled up.
    if (count > most + (isPacked ? 7 : 0)) throw new Error(`a run of ${count} in a page of ${most} values`);
    const counted = Math.min(count, most - seen);
    if (isPacked) zeros += zerosOf(bytes, at, width, counted);
    else if (bytes.subarray(at, at + Math.ceil(width / 8)).every((byte) => byte === 0)) zeros += counted;
    at += isPacked ? (count / 8) * width : Math.ceil(width / 8);
    seen += count;
  }
  return { seen: Math.min(seen, most), zeros };
}

/** Of packed values, the lowest bits first. */
function zerosOf(bytes: Uint8Array, start: number, width: number, count: number): number {
  let zeros = 0;
  for (let value = 0, bit = start * 8; value < count; value++) {
    let isZero = true;
    for (const end = bit + width; bit < end; bit++) if ((bytes[bit >> 3]! >> (bit & 7)) & 1) isZero = false;
    if (isZero) zeros++;
  }
  return zeros;
}
