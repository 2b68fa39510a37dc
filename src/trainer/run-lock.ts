import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RunFailure } from '../protocol/errors.ts';
import { RUN_FILES } from '../protocol/run-folder.ts';
import { tryTo, writeFailure } from './atomic-write.ts';

interface Owner {
  pid: number;
  host: string;
}

/** Locks of this process: a lock file with our own id that we do not hold was left by a process that had the id before. */
const held = new Set<string>();

/**
 * Claims a run folder for this process, so that two trainers never write it; the returned function gives it back.
 * A lock whose process is gone is taken over. Throws RunFailure when another trainer is alive.
 */
export function lockRunFolder(folder: string): () => void {
  const file = join(folder, RUN_FILES.lock);
  if (held.has(file)) throw new RunFailure(`This process already writes ${folder}.`);
  const owner = readOwner(file);
  if (owner && isAlive(owner))
    throw new RunFailure(
      `Another trainer (process ${owner.pid} on ${owner.host}) writes ${folder}; stop it first, or delete ${file} if it is gone.`,
    );
  if (owner) rmSync(file, { force: true });
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname() } satisfies Owner), { flag: 'wx' });
  } catch (error) {
    // Whoever made it between our look and our write holds it; otherwise it is ours, and half-written.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new RunFailure(`Another trainer has just started to write ${folder}; delete ${file} if that is not so.`);
    tryTo(() => rmSync(file, { force: true }));
    throw writeFailure(file, error);
  }
  held.add(file);
  return () => {
    held.delete(file);
    rmSync(file, { force: true });
  };
}

/** Whether a live trainer writes this folder. */
export function isLocked(folder: string): boolean {
  const file = join(folder, RUN_FILES.lock);
  const owner = readOwner(file);
  return held.has(file) || (owner !== undefined && isAlive(owner));
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, host }: Owner): boolean {
  if (host !== hostname()) return true; // cannot be seen from here
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
