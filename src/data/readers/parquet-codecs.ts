import zlib from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { compressors, decompressLz4, decompressLz4Raw, decompressZstd } from 'hyparquet-compressors';

/** How pages are unpacked: with Node's own code where it has some, else in JavaScript. What comes out is no longer than the page says. */
export const decompressors: Compressors = {
  ...compressors,
  LZ4: (input, length) => (isFramed(input) ? decompressLz4 : unpackLz4)(input, length),
  LZ4_RAW: unpackLz4,
  GZIP: (input, length) => zlib.gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => zlib.brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input, length) =>
    // Node 22.15 and later.
    typeof zlib.zstdDecompressSync === 'function'
      ? zlib.zstdDecompressSync(input, { maxOutputLength: Math.max(1, length) })
      : decompressZstd(input, new Uint8Array(length)),
};

/** The library looks for a match behind the one byte that a block without data has, such as the dictionary of a column of nulls. */
function unpackLz4(input: Uint8Array, length: number): Uint8Array {
  return length === 0 ? new Uint8Array() : decompressLz4Raw(input, length);
}

/** Whether LZ4 blocks have Hadoop's lengths before them, which add up; the library would go round for ever between lengths below 0. */
function isFramed(input: Uint8Array): boolean {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let at = 0;
  while (at + 8 <= input.length) at += 8 + view.getUint32(at + 4);
  return at === input.length;
}
