import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ERRNO_WORDS } from '../files/errno-words.ts';
import { RunFailure } from '../protocol/errors.ts';
import { syncFile, tryTo } from '../run-folder/atomic-write.ts';
import { oneLine } from '../text/visible.ts';

/** `write` fills a file under a temporary name; then it gets its own, in place of a file that has it. Throws RunFailure where it cannot be written. */
export async function writeOutput(file: string, write: (temporary: string) => void | Promise<void>): Promise<void> {
  const target = resolve(file);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  try {
    await write(temporary);
    syncFile(temporary);
    renameSync(temporary, target);
  } catch (error) {
    tryTo(() => rmSync(temporary, { force: true }));
    throw outputFailure(target, error);
  }
}

/** A failed write as one sentence; other errors stay as they are. */
export function outputFailure(target: string, error: unknown): unknown {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new RunFailure(`The disk is full: ${target} could not be written. Free some space and try again.`);
  const reason = code === 'ENOENT' ? 'its folder does not exist' : (ERRNO_WORDS[code ?? ''] ?? oneLine(message));
  return new RunFailure(`${target} cannot be written: ${reason}.`);
}
