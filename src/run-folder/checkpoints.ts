import { type Dirent, readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_FILES, stepOfName } from '../protocol/run-folder.ts';

export interface Checkpoint {
  step: number;
  path: string;
}

const placeOf = (run: string): string => join(run, RUN_FILES.checkpoints);

/** Complete checkpoints of a run, oldest first; none where the folder cannot be read. */
export function listCheckpoints(run: string): Checkpoint[] {
  try {
    return checkpointsIn(placeOf(run), readdirSync(placeOf(run), { withFileTypes: true }));
  } catch {
    return [];
  }
}

/** As `listCheckpoints`, for a process that must not wait for a disk. */
export async function listCheckpointsLater(run: string): Promise<Checkpoint[]> {
  const entries = await readdir(placeOf(run), { withFileTypes: true }).catch(() => []);
  return checkpointsIn(placeOf(run), entries);
}

function checkpointsIn(folder: string, entries: Dirent[]): Checkpoint[] {
  return entries
    .flatMap((entry) => {
      const isFolder = entry.isDirectory() || entry.isSymbolicLink();
      const step = isFolder ? stepOfName(entry.name) : undefined;
      return step === undefined ? [] : { step, path: join(folder, entry.name) };
    })
    .sort((a, b) => a.step - b.step);
}
