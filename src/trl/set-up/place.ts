import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { BadInput, RunFailure } from '../../protocol/errors.ts';
import { formatGigabytes } from '../../text/bytes.ts';
import { MARK } from '../python-environment.ts';

/** In the folder of an environment: that it is ours, whether it is whole, and with what. */
interface Mark {
  complete: boolean;
  /** Lines of a requirements file. */
  requirements: string;
}

const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });

const nameBefore = (folder: string): string => `${folder}.before`;

/** Whether there is an environment, whole or not, or one that waits under another name. */
export const hasEnvironment = (folder: string): boolean =>
  markIn(folder) !== undefined || existsSync(nameBefore(folder));

/** Whether there is a whole one with exactly this in it. */
export function isComplete(folder: string, requirements: string): boolean {
  const mark = markIn(folder);
  return mark?.complete === true && mark.requirements === requirements;
}

/**
 * The folder that an environment is made in. Its programs have their paths in them, so that it cannot be put together elsewhere and renamed: what
 * was there before waits under another name instead, and comes back unless the new one becomes whole.
 */
export class Place {
  readonly folder: string;
  readonly #before: string;

  /** Throws BadInput where the user has other files: they are never replaced. */
  constructor(folder: string) {
    this.folder = folder;
    this.#before = nameBefore(folder);
    if (existsSync(folder) && readdirSync(folder).length > 0 && !markIn(folder))
      throw new BadInput(`${folder} has other files in it; name a folder that is empty, or not there yet.`);
    // The last set-up was killed.
    if (existsSync(this.#before) && !this.complete) this.giveBack();
  }

  get complete(): boolean {
    return markIn(this.folder)?.complete === true;
  }

  /** Makes room for a new environment; the folder above it must exist. Throws RunFailure where there are fewer `bytes` than it takes. */
  begin(bytes: number, requirements: string): void {
    const free = freeIn(dirname(this.folder));
    if (free < bytes)
      throw new RunFailure(
        `Set-up takes ${formatGigabytes(bytes)} in ${this.folder}, but the disk has ${formatGigabytes(free)} left; free some space, or choose another folder with --into.`,
      );
    if (this.complete) renameSync(this.folder, this.#before);
    else remove(this.folder);
    mkdirSync(this.folder);
    this.#mark({ complete: false, requirements });
  }

  finish(requirements: string): void {
    this.#mark({ complete: true, requirements });
    remove(this.#before);
  }

  /** Removes what is not whole. */
  giveBack(): void {
    if (this.complete) return;
    if (markIn(this.folder)) remove(this.folder);
    if (existsSync(this.#before)) renameSync(this.#before, this.folder);
  }

  #mark(mark: Mark): void {
    writeFileSync(join(this.folder, MARK), `${JSON.stringify(mark)}\n`);
  }
}

function markIn(folder: string): Mark | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, MARK), 'utf8')) as Mark;
  } catch {
    return undefined;
  }
}

function freeIn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
