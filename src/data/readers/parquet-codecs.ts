import zlib from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { compressors, decompressZstd } from 'hyparquet-compressors';

/** How pages are unpacked: with Node's own code where it has some, else in JavaScript. What comes out is no longer than the page says. */
export const decompressors: Compressors = {
  ...compressors,
  GZIP: (input, length) => zlib.gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => zlib.brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input, length) =>
    // Node 22.15 and later.
    typeof zlib.zstdDecompressSync === 'function'
      ? zlib.zstdDecompressSync(input, { maxOutputLength: Math.max(1, length) })
      : decompressZstd(input, new Uint8Array(length)),
};
