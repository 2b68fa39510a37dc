import { isUtf8 } from 'node:buffer';
import { closeSync } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { type FileKind, openRegularFile, readPiece, tooLarge } from './open-file.ts';
import { hasUtf8Mark, MOST_BYTES_OF_LINE, notUtf8, requireNotUtf16, type TextLine, tooLong } from './text.ts';

const PIECE_BYTES = 1 << 20;
const GZIP = Buffer.from([0x1f, 0x8b]);

/** The first bytes of a file of the user's, up to `most` of them. Throws BadInput where it cannot be opened. */
export function readFirstBytes(file: string, what: string, most: number, at?: SourceLocation): Buffer {
  const descriptor = openRegularFile(file, what, at);
  try {
    const piece = Buffer.alloc(most);
    return piece.subarray(0, readPiece(descriptor, piece, { file, what, at }));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The text of a file of the user's as UTF-8 bytes, a piece of whole characters at a time, without a byte order mark; one that is gzipped, whatever its name
 * says, is unpacked on the way. Throws BadInput for what is not UTF-8, for a torn gzip file, and for more text than the kind has.
 */
export async function* readTextPieces(file: string, kind: FileKind, at?: SourceLocation): AsyncGenerator<Buffer> {
  const isPacked = readFirstBytes(file, kind.what, 2, at).equals(GZIP);
  const source = rawPieces(file, kind, at);
  let isFirst = true;
  let total = 0;
  let line = 1;
  /** The beginning of a character that the last piece was cut in. */
  let begun: Buffer = Buffer.alloc(0);
  for await (const bytes of isPacked ? gunzipped(source, file) : source) {
    total += bytes.length;
    if (total > kind.most) throw tooLarge(file, kind, at);
    let piece = begun.length > 0 ? Buffer.concat([begun, bytes]) : bytes;
    if (isFirst) {
      requireNotUtf16(piece, file);
      if (hasUtf8Mark(piece)) piece = piece.subarray(3);
      isFirst = false;
    }
    const end = endOfCharacters(piece);
    begun = piece.subarray(end);
    const text = piece.subarray(0, end);
    if (!isUtf8(text)) throw notUtf8({ file, line: line + badLineOf(text) });
    line += countLineFeeds(text);
    if (text.length > 0) yield text;
  }
  if (begun.length > 0) throw notUtf8({ file, line });
}

/** The lines of such a text, those of a piece at a time. */
export async function* linesOf(pieces: AsyncIterable<Buffer>, file: string): AsyncGenerator<TextLine[]> {
  let line = 1;
  let rest = '';
  for await (const piece of pieces) {
    const texts = (rest + piece.toString('utf8')).split('\n');
    rest = texts.pop()!;
    if (rest.length > MOST_BYTES_OF_LINE) throw tooLong(file, line + texts.length);
    const first = line;
    line += texts.length;
    yield texts.map((text, index) => ({ line: first + index, text }));
  }
  if (rest !== '') yield [{ line, text: rest }];
}

export function countLineFeeds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

function* rawPieces(file: string, kind: FileKind, at: SourceLocation | undefined): Generator<Buffer> {
  const descriptor = openRegularFile(file, kind.what, at);
  try {
    for (;;) {
      const space = Buffer.allocUnsafe(PIECE_BYTES);
      const read = readPiece(descriptor, space, { file, what: kind.what, at });
      if (read === 0) return;
      yield space.subarray(0, read);
    }
  } finally {
    closeSync(descriptor);
  }
}

async function* gunzipped(source: Iterable<Buffer>, file: string): AsyncGenerator<Buffer> {
  const unpacked = createGunzip({ chunkSize: PIECE_BYTES });
  // Its errors reach who reads.
  pipeline(Readable.from(source), unpacked, () => {});
  try {
    yield* unpacked as AsyncIterable<Buffer>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw error;
    const how = code === 'Z_BUF_ERROR' ? 'ends before its data does' : 'is damaged';
    throw new BadInput(`This gzip file ${how}; copy or download it again.`, { file });
  }
}

/** Where the last whole character of such bytes ends; of what is no UTF-8, the end. */
function endOfCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** How many lines are before the first one that is no UTF-8: a line feed is no part of another character. */
function badLineOf(bytes: Buffer): number {
  let lines = 0;
  for (let start = 0; ; lines++) {
    const end = bytes.indexOf(10, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return lines;
    start = end + 1;
  }
}
