import { createHash } from 'node:crypto';
import { openRegularFileLater } from '../files/open-file.ts';
import type { FileDigest } from '../protocol/run-folder.ts';

/** A run does not record them. Larger files are not worth the wait. */
const MOST_BYTES = 64 * 2 ** 20;
const PIECE_BYTES = 2 ** 20;
const [LINE_FEED, CARRIAGE_RETURN, SPACE, TAB] = [10, 13, 32, 9];

/** How many rows the JSON Lines files of a dataset have that are still what a run read; null where that cannot be told. */
export async function datasetRows(digests: FileDigest | readonly FileDigest[] | null): Promise<number | null> {
  if (digests === null) return null;
  let rows = 0;
  for (const digest of [digests].flat()) {
    const count = await rowsOf(digest).catch(() => null);
    if (count === null) return null;
    rows += count;
  }
  return rows;
}

async function rowsOf({ file, bytes, sha256, covers }: FileDigest): Promise<number | null> {
  if (!file.endsWith('.jsonl') || covers !== 'all' || bytes > MOST_BYTES) return null;
  const handle = await openRegularFileLater(file, 'file');
  try {
    if ((await handle.stat()).size !== bytes) return null;
    const hash = createHash('sha256');
    const piece = Buffer.alloc(PIECE_BYTES);
    let rows = 0;
    let blank = true;
    for (;;) {
      const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES);
      if (bytesRead === 0) break;
      const part = piece.subarray(0, bytesRead);
      hash.update(part);
      for (const byte of part) {
        if (byte === LINE_FEED) {
          if (!blank) rows++;
          blank = true;
        } else if (byte !== CARRIAGE_RETURN && byte !== SPACE && byte !== TAB) blank = false;
      }
    }
    if (!blank) rows++;
    return hash.digest('hex') === sha256 ? rows : null;
  } finally {
    await handle.close();
  }
}
