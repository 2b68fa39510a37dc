import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readText, readTextLater } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import { RUN_FILES, type RunInfo, runInfo } from '../protocol/run-folder.ts';

/** Whether there is a run in this folder, be it readable or not. */
export const holdsRun = (folder: string): boolean => existsSync(join(folder, RUN_FILES.info));

const parseInfo = (text: string): RunInfo => runInfo.parse(JSON.parse(text));

/** `run.json`. Throws BadInput when there is none that can be read. */
export function readRunInfo(run: string): RunInfo {
  const file = join(run, RUN_FILES.info);
  if (!holdsRun(run)) throw new BadInput(`There is no run in ${run} (no ${RUN_FILES.info}).`);
  try {
    return parseInfo(readText(file, RUN_FILE));
  } catch {
    throw new BadInput('This file does not describe a run; start a new run instead.', { file });
  }
}

/** As `readRunInfo`, for a process that must not wait for a disk: undefined when there is none that can be read. */
export async function readRunInfoLater(folder: string): Promise<RunInfo | undefined> {
  try {
    return parseInfo(await readTextLater(join(folder, RUN_FILES.info), RUN_FILE));
  } catch {
    return undefined;
  }
}
