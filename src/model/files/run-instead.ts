import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILES } from '../../protocol/run-folder.ts';

/** What to say to someone who gave a run's folder in place of a model; undefined where the folder is none. */
export function runInstead(folder: string): string | undefined {
  const checkpoints = join(folder, RUN_FILES.checkpoints);
  if (!existsSync(join(folder, RUN_FILES.info)) || !existsSync(checkpoints)) return undefined;
  // A merged checkpoint is in the same folder as its own: step-000010-merged.
  const names = readdirSync(checkpoints).filter((name) => /^step-\d+$/.test(name));
  const newest = names.sort().at(-1);
  if (newest === undefined) return 'this is the folder of a run, which has no checkpoint yet';
  return `this is the folder of a run; give the path of one of its checkpoints, such as ${join(checkpoints, newest)}`;
}
