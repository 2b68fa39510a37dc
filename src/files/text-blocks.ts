import { isUtf8 } from 'node:buffer';
import { type FileKind, openRegularFileLater, tooLarge } from './open-file.ts';
import { hasUtf8Mark, MOST_BYTES_OF_LINE, notUtf8, requireNotUtf16, tooLong } from './text.ts';

const LINE_FEED = 10;
const BLOCK_BYTES = 1 << 20;

/**
 * A file's text in blocks of whole lines, of about a megabyte each, for a process that must not wait: of a large file little is in memory, and
 * little is decoded at a time. The last block may have no line feed at its end. Throws BadInput as `readText`.
 */
export async function* readBlocksLater(file: string, kind: FileKind): AsyncGenerator<string> {
  const handle = await openRegularFileLater(file, kind.what);
  try {
    let begun: Buffer[] = [];
    let begunBytes = 0;
    for (let total = 0; ; ) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(BLOCK_BYTES), 0, BLOCK_BYTES, total);
      let piece = buffer.subarray(0, bytesRead);
      if (total === 0) {
        requireNotUtf16(piece, file);
        if (hasUtf8Mark(piece)) piece = piece.subarray(3);
      }
      if (bytesRead === 0) break;
      total += bytesRead;
      if (total > kind.most) throw tooLarge(file, kind, undefined);
      const end = piece.lastIndexOf(LINE_FEED) + 1;
      if (end > 0) {
        yield decode(Buffer.concat([...begun, piece.subarray(0, end)]), file);
        [begun, begunBytes] = [[], 0];
      }
      begun.push(piece.subarray(end));
      begunBytes += piece.length - end;
      if (begunBytes > MOST_BYTES_OF_LINE) throw tooLong(file, 1);
    }
    if (begunBytes > 0) yield decode(Buffer.concat(begun), file);
  } finally {
    await handle.close();
  }
}

function decode(bytes: Buffer, file: string): string {
  if (!isUtf8(bytes)) throw notUtf8({ file });
  return bytes.toString('utf8');
}
