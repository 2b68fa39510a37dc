import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readText, readTextLater } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import { type RunAbout, runAbout } from '../protocol/run-about.ts';
import { RUN_FILES } from '../protocol/run-folder.ts';
import { atomicWrite } from './atomic-write.ts';

const fileOf = (run: string): string => join(run, RUN_FILES.about);

/** What people wrote about a run. A file that cannot be read counts as none: `onProblem` hears why. */
export async function readAbout(run: string, onProblem: (message: string) => void = () => {}): Promise<RunAbout> {
  if (!existsSync(fileOf(run))) return {};
  try {
    return runAbout.parse(JSON.parse(await readTextLater(fileOf(run), RUN_FILE)));
  } catch {
    onProblem(notRead(run));
    return {};
  }
}

/**
 * Changes what is written about a run; undefined removes a field, and what others have written there stays. Throws BadInput where the file
 * cannot be read, as it would be lost, and RunFailure where it cannot be written.
 */
export function writeAbout(run: string, changes: Partial<RunAbout>): void {
  const file = fileOf(run);
  let about: RunAbout = {};
  try {
    if (existsSync(file)) about = runAbout.parse(JSON.parse(readText(file, RUN_FILE)));
  } catch {
    throw new BadInput(notRead(run), { file });
  }
  atomicWrite(file, `${JSON.stringify({ ...about, ...changes }, null, 2)}\n`);
}

const notRead = (run: string): string =>
  `${fileOf(run)} is not a JSON object with "name", "note", "tags" and "pinned": correct or delete it.`;
