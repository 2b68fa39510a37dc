import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { ERRNO_WORDS } from './errno-words.ts';

/** What is read: its name in messages ("dataset"), and how many bytes of it at most. */
export interface FileKind {
  what: string;
  most: number;
  /** What to do about a larger one. */
  advice?: string;
}

const MB = 1e6;
/** The limits are far above what is ever written, and far below what would fill the memory. */
export const CONFIG_FILE: FileKind = { what: 'run config', most: 4 * MB };
export const EXPERIMENT_FILE: FileKind = { what: 'experiment file', most: 4 * MB };
export const REWARD_FILE: FileKind = { what: 'reward file', most: 16 * MB };
export const SAMPLES_FILE: FileKind = { what: 'samples file', most: 64 * MB };
export const TEMPLATE_FILE: FileKind = { what: 'chat template', most: 4 * MB };
/** The largest tokenizers have 35 MB. */
export const MODEL_JSON: FileKind = { what: 'file', most: 128 * MB };
/** What is read whole of a run folder. */
export const RUN_FILE: FileKind = { what: 'file', most: 512 * MB };

/** A pipe without a writer would be waited for without end. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file of the user's for reading; who calls closes it. Throws BadInput, at the place that names the file where that is known, for
 * what is not a regular file: a folder, a pipe or a device could be waited for, or read, without end.
 */
export function openRegularFile(file: string, what: string, at?: SourceLocation): number {
  let descriptor: number | undefined;
  try {
    // Opening may do something already: looked at before, and again in case it has been replaced.
    requireRegular(statSync(file), file, what, at);
    descriptor = openSync(file, FLAGS);
    requireRegular(fstatSync(descriptor), file, what, at);
    return descriptor;
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw cannotOpen(error, file, what, at);
  }
}

/** The bytes of a file of the user's. Throws BadInput when it is none, cannot be read, or is larger than its kind ever is. */
export function readBytes(file: string, kind: FileKind, at?: SourceLocation): Buffer {
  const descriptor = openRegularFile(file, kind.what, at);
  try {
    const { size } = fstatSync(descriptor);
    if (size > kind.most) throw tooLarge(file, kind, at);
    const pieces: Buffer[] = [];
    let total = 0;
    // Files of /proc say that they are empty, and others may grow meanwhile.
    for (let piece = Buffer.allocUnsafe(size + 1); ; piece = Buffer.allocUnsafe(1 << 16)) {
      const read = readPiece(descriptor, piece, { file, what: kind.what, at });
      if (read === 0) return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      pieces.push(piece.subarray(0, read));
      total += read;
      if (total > kind.most) throw tooLarge(file, kind, at);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** As `openRegularFile`, for a process that must not wait for a disk. */
export async function openRegularFileLater(file: string, what: string, at?: SourceLocation): Promise<FileHandle> {
  const handle = await open(file, FLAGS).catch((error: unknown) => {
    throw cannotOpen(error, file, what, at);
  });
  try {
    requireRegular(await handle.stat(), file, what, at);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** As `readBytes`, for a process that must not wait for a disk. */
export async function readBytesLater(file: string, kind: FileKind, at?: SourceLocation): Promise<Buffer> {
  const handle = await openRegularFileLater(file, kind.what, at);
  try {
    if ((await handle.stat()).size > kind.most) throw tooLarge(file, kind, at);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** The next bytes of an open file; 0 at its end. */
export function readPiece(
  descriptor: number,
  piece: Buffer,
  { file, what, at }: { file: string; what: string; at: SourceLocation | undefined },
): number {
  try {
    return readSync(descriptor, piece);
  } catch (error) {
    throw cannotOpen(error, file, what, at);
  }
}

export const tooLarge = (file: string, { what, most, advice }: FileKind, at: SourceLocation | undefined): BadInput =>
  new BadInput(
    `The ${what} ${file} has more than ${Math.round(most / MB)} MB; ${advice ?? 'is it the right file?'}`,
    at,
  );

function requireRegular(stats: Stats, file: string, what: string, at: SourceLocation | undefined): void {
  if (stats.isFile()) return;
  throw new BadInput(`The ${what} ${file} is ${kindOf(stats)}, not a file${remedyFor(stats)}.`, at);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

const remedyFor = (stats: Stats): string =>
  stats.isDirectory() ? '' : '; write what it should read into a file, and name that';

function cannotOpen(error: unknown, file: string, what: string, at: SourceLocation | undefined): unknown {
  if (error instanceof BadInput) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new BadInput(`The ${what} ${file} does not exist.`, at);
  return new BadInput(`The ${what} ${file} cannot be read: ${ERRNO_WORDS[code] ?? message}.`, at);
}
