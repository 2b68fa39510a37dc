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

/** What runs of every release say of their config, and what cannot be shown without. */
const NEEDED = ['model', 'maxSteps', 'rewards', 'lossType', 'numIterations', 'epsilon', 'beta'] as const;

/** Throws BadInput where the config of a run is not whole: it is not checked when it is read. */
export function checkConfig(run: string, { config }: Pick<RunInfo, 'config'>): void {
  const missing = NEEDED.find((field) => config[field] === undefined);
  if (missing === undefined) return;
  const file = join(run, RUN_FILES.info);
  throw new BadInput(`"config" has no "${missing}", without which the run cannot be told; restore the file.`, { file });
}

/** As `readRunInfo`, for a process that must not wait for a disk: undefined when there is none that can be read. */
export async function readRunInfoLater(folder: string): Promise<RunInfo | undefined> {
  try {
    return parseInfo(await readTextLater(join(folder, RUN_FILES.info), RUN_FILE));
  } catch {
    return undefined;
  }
}
