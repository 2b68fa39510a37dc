import { linkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readText, readTextLater } from '../files/text.ts';
import { fateOf, isThisProcess, type ProcessFate, type ProcessIdentity, thisProcess } from '../processes/identity.ts';
import { RunFailure } from '../protocol/errors.ts';
import { RUN_FILES } from '../protocol/run-folder.ts';
import { tryTo, writeFailure } from './atomic-write.ts';

/** Locks of this process: a lock file that names it and is not among them was left behind. */
const held = new Set<string>();

/**
 * Claims a run folder for this process, so that two trainers never write it; the returned function gives it back.
 * A lock whose process is gone is taken over. Throws RunFailure when another trainer is alive, or may be.
 */
export function lockRunFolder(folder: string): () => void {
  const file = join(folder, RUN_FILES.lock);
  if (held.has(file)) throw new RunFailure(`This process already writes ${folder}.`);
  const text = readLock(file);
  const owner = text === undefined ? undefined : parseOwner(text);
  if (owner) refuseLiving(owner, folder, file);
  if (owner) removeStale(file, text!, folder);
  try {
    writeFileSync(file, JSON.stringify(thisProcess()), { flag: 'wx' });
  } catch (error) {
    // Whoever made it between our look and our write holds it; otherwise it is ours, and half-written.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw justLocked(folder, file);
    tryTo(() => rmSync(file, { force: true }));
    throw writeFailure(file, error);
  }
  held.add(file);
  return () => {
    held.delete(file);
    rmSync(file, { force: true });
  };
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

function refuseLiving(owner: ProcessIdentity, folder: string, file: string): void {
  if (isThisProcess(owner)) return;
  const { pid, host } = owner;
  const fate = fateOf(owner);
  if (fate === 'alive')
    throw new RunFailure(`Another trainer (process ${pid} on ${host}) writes ${folder}; stop it first.`);
  if (fate === 'unknown')
    throw new RunFailure(
      `A trainer in another container or on another machine (process ${pid} on ${host}) claims ${folder}, and cannot be seen from here. ${lastWrite(folder)}If it is gone, delete ${file}.`,
    );
}

/** What helps to judge whether it is. */
function lastWrite(folder: string): string {
  const files = [RUN_FILES.info, RUN_FILES.metrics, RUN_FILES.log].map((name) =>
    statSync(join(folder, name), { throwIfNoEntry: false }),
  );
  const newest = Math.max(...files.map((stats) => stats?.mtimeMs ?? 0));
  return newest === 0 ? '' : `It last wrote at ${new Date(newest).toISOString()}. `;
}

/** Of two that find the same stale lock, one may have put its own in the place of it before the other takes it away. */
function removeStale(file: string, text: string, folder: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    throw justLocked(folder, file);
  }
  const wasStale = readLock(aside) === text;
  if (!wasStale) tryTo(() => linkSync(aside, file));
  rmSync(aside, { force: true });
  if (!wasStale) throw justLocked(folder, file);
}

const justLocked = (folder: string, file: string): RunFailure =>
  new RunFailure(`Another trainer has just started to write ${folder}; delete ${file} if that is not so.`);

function readLock(file: string): string | undefined {
  try {
    return readText(file, RUN_FILE);
  } catch {
    return undefined;
  }
}

function parseOwner(text: string): ProcessIdentity | undefined {
  try {
    const owner = JSON.parse(text) as ProcessIdentity;
    return typeof owner?.pid === 'number' && typeof owner.host === 'string' ? owner : undefined;
  } catch {
    return undefined;
  }
}
