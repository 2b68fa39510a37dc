import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { RunFailure } from '../protocol/errors.ts';
import { fateOf, isThisProcess, type ProcessIdentity, thisProcess } from './identity.ts';

/** What is said where something is claimed already. */
export interface LockWords {
  alive(owner: ProcessIdentity): string;
  /** It is in another container or on another machine, and cannot be seen from here. */
  unknown(owner: ProcessIdentity): string;
  /** Somebody did so in this moment. */
  justTaken: string;
  /** This process did. */
  own: string;
}

/** Locks of this process: a lock file that names it and is not among them was left behind. */
const held = new Set<string>();

/**
 * Claims something for this process with a file that names it; the returned function gives it back. A file whose process is gone is taken over.
 * Throws RunFailure, in these words, when another process that claims it is alive, or may be; what the system says when the file cannot be written.
 */
export function lockFile(file: string, words: LockWords): () => void {
  if (held.has(file)) throw new RunFailure(words.own);
  const text = readLock(file);
  const owner = text === undefined ? undefined : parseOwner(text);
  if (owner && !isThisProcess(owner)) {
    const fate = fateOf(owner);
    if (fate !== 'gone') throw new RunFailure(words[fate](owner));
  }
  if (owner) removeStale(file, text!, words);
  try {
    writeFileSync(file, JSON.stringify(thisProcess()), { flag: 'wx' });
  } catch (error) {
    // Whoever made it between our look and our write holds it; otherwise it is ours, and half-written.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new RunFailure(words.justTaken);
    attempt(() => rmSync(file, { force: true }));
    throw error;
  }
  held.add(file);
  return () => {
    held.delete(file);
    rmSync(file, { force: true });
  };
}

/** Of two that find the same stale lock, one may have put its own in the place of it before the other takes it away. */
function removeStale(file: string, text: string, { justTaken }: LockWords): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    throw new RunFailure(justTaken);
  }
  const wasStale = readLock(aside) === text;
  if (!wasStale) attempt(() => linkSync(aside, file));
  rmSync(aside, { force: true });
  if (!wasStale) throw new RunFailure(justTaken);
}

export function parseOwner(text: string): ProcessIdentity | undefined {
  return attempt(() => {
    const owner = JSON.parse(text) as ProcessIdentity;
    return typeof owner?.pid === 'number' && typeof owner.host === 'string' ? owner : undefined;
  });
}

/** Far more than a process's identity takes. */
const MOST_BYTES = 16_384;

/** Undefined of what none of us wrote: a pipe would be waited for without end. */
const readLock = (file: string): string | undefined =>
  attempt(() => {
    const stats = lstatSync(file);
    return stats.isFile() && stats.size <= MOST_BYTES ? readFileSync(file, 'utf8') : undefined;
  });

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
