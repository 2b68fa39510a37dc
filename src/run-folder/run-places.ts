import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { makeFolders } from '../files/make-folders.ts';
import { BadInput } from '../protocol/errors.ts';
import type { RunInfo } from '../protocol/run-folder.ts';
import { writeFailure } from './atomic-write.ts';
import { holdsRun, readRunInfo } from './run-info.ts';

/** Where a new run's folder is made. */
export const placeOfRun = (configFile: string, out: string | undefined): string =>
  out === undefined ? join(dirname(configFile), '.grpo', 'runs') : resolve(out);

/** How the names of runs begin that nobody named with `--out`, as those of an experiment are. */
const TIME = /^\d{8}-\d{6}-/;

/** The newest run of a config that `--out` did not place or name otherwise, or undefined. */
export function latestRun(configFile: string): string | undefined {
  const runs = join(dirname(configFile), '.grpo', 'runs');
  if (!existsSync(runs)) return undefined;
  // Names begin with the time, so their order is that of the runs.
  const names = readdirSync(runs)
    .filter((name) => TIME.test(name))
    .sort()
    .reverse();
  return names.map((name) => join(runs, name)).find((run) => isRunOf(run, configFile));
}

function isRunOf(run: string, configFile: string): boolean {
  try {
    return readRunInfo(run).configFile === configFile;
  } catch {
    return false;
  }
}

/** A new run's. `made` is the outermost folder that was not there before: what to remove if the run cannot start. */
export interface MadeFolder {
  path: string;
  made: string | undefined;
}

export function makeOutFolder(path: string): MadeFolder {
  if (holdsRun(path))
    throw new BadInput(`There is already a run in ${path}; continue it (--resume) or name another folder (--out).`);
  try {
    return { path, made: makeFolders(path) };
  } catch (error) {
    throw writeFailure(path, error);
  }
}

/** `20260131-154502-sort` (UTC), with a number behind it for a second run in the same second. */
export function makeRunFolder({ configFile, name }: Pick<RunInfo, 'configFile' | 'name'>, now: string): MadeFolder {
  const runs = join(dirname(configFile), '.grpo', 'runs');
  const stamp = now.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  try {
    const made = makeFolders(runs);
    for (let attempt = 1; ; attempt++) {
      const path = join(runs, attempt === 1 ? `${stamp}-${name}` : `${stamp}-${name}-${attempt}`);
      if (existsSync(path)) continue;
      mkdirSync(path);
      return { path, made: made ?? path };
    }
  } catch (error) {
    throw writeFailure(runs, error);
  }
}
