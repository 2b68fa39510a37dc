import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  opendirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { ERRNO_WORDS } from '../files/errno-words.ts';
import { temporaryName } from '../files/temporary-name.ts';
import { RunFailure } from '../protocol/errors.ts';

/**
 * Writes a file so that a reader sees the old or the new content, whole, also after a power cut. `temporary` is its name until then: one that
 * cannot be guessed where others may have put a link of that name; `place` is what to choose another one of. Throws RunFailure.
 */
export function atomicWrite(
  file: string,
  content: string | Uint8Array,
  { temporary = temporaryName(file), place }: { temporary?: string; place?: string } = {},
): void {
  try {
    withFile(temporary, 'w', (fd) => {
      writeFileSync(fd, content);
      fsyncSync(fd);
    });
    renameSync(temporary, file);
    syncFolder(dirname(file));
  } catch (error) {
    tryTo(() => rmSync(temporary, { force: true }));
    throw writeFailure(file, error, place);
  }
}

/** Throws RunFailure where a file or folder certainly cannot be made: before a model is loaded for it. */
export function checkPlace(path: string, place?: string): void {
  let above = path;
  while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
  try {
    if (above !== path) opendirSync(above).closeSync();
    accessSync(above, constants.W_OK);
  } catch (error) {
    throw writeFailure(path, error, place);
  }
}

/** Adds text to the end of a file, all of it or nothing, and flushes it. Throws RunFailure. */
export function appendWhole(file: string, text: string): void {
  try {
    withFile(file, 'a', (fd) => {
      const { size } = fstatSync(fd);
      try {
        writeFileSync(fd, text);
        fdatasyncSync(fd);
      } catch (error) {
        tryTo(() => ftruncateSync(fd, size));
        throw error;
      }
    });
  } catch (error) {
    throw writeFailure(file, error);
  }
}

/** Flushes a file that something else wrote. */
export function syncFile(file: string): void {
  withFile(file, 'r+', fsyncSync);
}

/** Makes renames within a folder last; Windows cannot open folders, and does not need it. */
export function syncFolder(folder: string): void {
  tryTo(() => withFile(folder, 'r', fsyncSync));
}

function withFile(file: string, flags: string, use: (fd: number) => void): void {
  const fd = openSync(file, flags);
  try {
    use(fd);
  } finally {
    closeSync(fd);
  }
}

/** For clean-up behind an error that is already on its way. */
export function tryTo(action: () => void): void {
  try {
    action();
  } catch {
    // The first error says what is wrong.
  }
}

const RUN_FOLDER = 'run folder with --out';

/**
 * A failed write as the one sentence that the user sees (exit status 1); `place` is what to choose another one of. Failures that are explained already
 * stay as they are.
 */
export function writeFailure(path: string, error: unknown, place = RUN_FOLDER): unknown {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new RunFailure(
      `The disk is full: ${path} could not be written. Free some space, then ${place === RUN_FOLDER ? 'continue with --resume' : 'try again'}.`,
    );
  // What it would be made in is there: that was looked at.
  const reason = code === 'ENOENT' && syscall === 'mkdir' ? 'no folder can be made there' : ERRNO_WORDS[code ?? ''];
  if (reason) return new RunFailure(`${path} cannot be written: ${reason}. Choose another ${place}.`);
  return new RunFailure(`${path} could not be written (${message}).`);
}
