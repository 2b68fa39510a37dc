import { isUtf8 } from 'node:buffer';
import { closeSync } from 'node:fs';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import {
  type FileKind,
  openRegularFile,
  openRegularFileLater,
  readBytes,
  readBytesLater,
  readPiece,
  tooLarge,
} from './open-file.ts';

/** One line of a file without its line feed; lines count from 1. */
export interface TextLine {
  line: number;
  text: string;
}

const LINE_FEED = 10;
const PIECE_BYTES = 1 << 20;
/** Most of one line; a file of zeros is one line. */
export const MOST_BYTES_OF_LINE = 64e6;

/** The text of a file of the user's. Throws BadInput as `readBytes`, and where it is not UTF-8: guessed letters would be silently wrong. */
export const readText = (file: string, kind: FileKind, at?: SourceLocation): string =>
  decodeText(readBytes(file, kind, at), file);

/** As `readText`, for a process that must not wait for a disk. */
export const readTextLater = async (file: string, kind: FileKind, at?: SourceLocation): Promise<string> =>
  decodeText(await readBytesLater(file, kind, at), file);

/** Bytes as UTF-8 text, without a byte order mark. Throws BadInput at the line that is none. */
export function decodeText(bytes: Buffer, file: string): string {
  requireNotUtf16(bytes, file);
  if (isUtf8(bytes)) return bytes.toString('utf8', hasUtf8Mark(bytes) ? 3 : 0);
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = endOfLine(bytes, start);
    decodeLine(bytes.subarray(start, end), { file, line });
    start = end + 1;
  }
  // Line feeds are no part of other characters: a fault is within a line.
  throw notUtf8({ file });
}

/** Up to so many bytes of the beginning of a file, whole lines of it. */
export async function readStartLater(file: string, what: string, most: number): Promise<string> {
  const handle = await openRegularFileLater(file, what);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(most), 0, most, 0);
    return wholeLines(buffer.subarray(0, bytesRead), most);
  } finally {
    await handle.close();
  }
}

/** The last one may be cut. */
const wholeLines = (bytes: Buffer, most: number): string =>
  bytes.toString('utf8', 0, bytes.length < most ? bytes.length : bytes.lastIndexOf(LINE_FEED) + 1);

/** The lines of a file of the user's, one at a time: of a large file no more than one is in memory. Throws as `readText`. */
export function* readLines(file: string, kind: FileKind, at?: SourceLocation): Generator<TextLine> {
  const descriptor = openRegularFile(file, kind.what, at);
  try {
    let line = 1;
    let total = 0;
    /** What has been read of the next line. */
    let begun: Buffer[] = [];
    for (;;) {
      const space = Buffer.allocUnsafe(PIECE_BYTES);
      let piece = space.subarray(0, readPiece(descriptor, space, { file, what: kind.what, at }));
      if (total === 0) {
        requireNotUtf16(piece, file);
        if (hasUtf8Mark(piece)) piece = piece.subarray(3);
      }
      if (piece.length === 0) break;
      total += piece.length;
      if (total > kind.most) throw tooLarge(file, kind, at);
      for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED)) {
        yield { line, text: decodeLine(Buffer.concat([...begun, piece.subarray(0, end)]), { file, line }) };
        begun = [];
        line++;
        piece = piece.subarray(end + 1);
      }
      begun.push(piece);
      if (begun.length > MOST_BYTES_OF_LINE / PIECE_BYTES) throw tooLong(file, line);
    }
    const last = Buffer.concat(begun);
    if (last.length > 0) yield { line, text: decodeLine(last, { file, line }) };
  } finally {
    closeSync(descriptor);
  }
}

function decodeLine(bytes: Buffer, at: SourceLocation): string {
  if (!isUtf8(bytes)) throw notUtf8(at);
  return bytes.toString('utf8');
}

function endOfLine(bytes: Buffer, start: number): number {
  const end = bytes.indexOf(LINE_FEED, start);
  return end < 0 ? bytes.length : end;
}

export const hasUtf8Mark = (bytes: Buffer): boolean => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;

export function requireNotUtf16(bytes: Buffer, file: string): void {
  const mark = bytes.length >= 2 ? bytes.readUInt16BE(0) : 0;
  // Of a file without a mark: the second byte of its first letter.
  const hasZero = bytes.length >= 2 && (bytes[0] === 0) !== (bytes[1] === 0);
  if (mark === 0xfffe || mark === 0xfeff || hasZero)
    throw new BadInput('This file is UTF-16 text, as ">" writes it in Windows PowerShell; save it as UTF-8.', { file });
}

export const notUtf8 = (at: SourceLocation): BadInput =>
  new BadInput('This line is not UTF-8 text (is it Latin-1 or a binary file?); save the file as UTF-8.', at);

export const tooLong = (file: string, line: number): BadInput =>
  new BadInput(`This line has more than ${MOST_BYTES_OF_LINE / 1e6} MB; is it the right file?`, { file, line });
