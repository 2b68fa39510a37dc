import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readTextLater } from '../files/text.ts';
import { fateOf, type ProcessFate } from '../processes/identity.ts';
import { lockFile, parseOwner } from '../processes/lock-file.ts';
import { RunFailure } from '../protocol/errors.ts';
import { RUN_FILES } from '../protocol/run-folder.ts';
import { writeFailure } from './atomic-write.ts';

/**
 * Claims a run folder for this process, so that two trainers never write it; the returned function gives it back.
 * A lock whose process is gone is taken over. Throws RunFailure when another trainer is alive, or may be.
 */
export function lockRunFolder(folder: string): () => void {
  const file = join(folder, RUN_FILES.lock);
  try {
    return lockFile(file, {
      alive: ({ pid, host }) =>
        `Another trainer (process ${pid} on ${host}) writes ${folder}; stop it first; if that process is something else, delete ${file}.`,
      unknown: ({ pid, host }) =>
        `A trainer in another container or on another machine (process ${pid} on ${host}) claims ${folder}, and cannot be seen from here. ${lastWrite(folder)}If it is gone, delete ${file}.`,
      justTaken: `Another trainer has just started to write ${folder}; delete ${file} if that is not so.`,
      own: `This process already writes ${folder}.`,
    });
  } catch (error) {
    throw error instanceof RunFailure ? error : writeFailure(file, error);
  }
}

/** Whether a trainer is alive that holds this folder; one that cannot be seen from here counts as alive. */
export const isWritten = async (folder: string): Promise<boolean> => (await writerOf(folder)) !== 'gone';

/** What is known of the trainer that last claimed this folder. */
export async function writerOf(folder: string): Promise<ProcessFate> {
  const text = await readTextLater(join(folder, RUN_FILES.lock), RUN_FILE).catch(() => '');
  const owner = parseOwner(text);
  return owner ? fateOf(owner) : 'gone';
}

/** For someone who knows that the trainer which claims this folder is gone. */
export const removeLock = (folder: string): Promise<void> => rm(join(folder, RUN_FILES.lock), { force: true });

/** What helps to judge whether it is. */
function lastWrite(folder: string): string {
  const files = [RUN_FILES.info, RUN_FILES.metrics, RUN_FILES.log].map((name) =>
    statSync(join(folder, name), { throwIfNoEntry: false }),
  );
  const newest = Math.max(...files.map((stats) => stats?.mtimeMs ?? 0));
  return newest === 0 ? '' : `It last wrote at ${new Date(newest).toISOString()}. `;
}
