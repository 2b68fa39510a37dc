import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Completion } from '../../protocol/dashboard.ts';
import {
  parseJsonLines,
  type RolloutRow,
  RUN_FILES,
  type RunInfo,
  runInfo,
  stepName,
} from '../../protocol/run-folder.ts';

/** `run.json`, or undefined when there is none that can be read. */
export async function readRunInfo(folder: string): Promise<RunInfo | undefined> {
  try {
    return runInfo.parse(JSON.parse(await readFile(join(folder, RUN_FILES.info), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Completions of a step, without their token ids: those are as long as the text, and nobody looks at them here. */
export async function readCompletions(folder: string, step: number): Promise<Completion[]> {
  const text = await readFile(join(folder, RUN_FILES.rollouts, `${stepName(step)}.jsonl`), 'utf8');
  return (parseJsonLines(text) as RolloutRow[]).map(
    ({ prompt_ids: _, completion_ids: __, ...completion }) => completion,
  );
}

/** Whether a trainer is alive that holds this folder; one on another host cannot be seen and counts as alive. */
export async function isWritten(folder: string): Promise<boolean> {
  try {
    const { pid, host } = JSON.parse(await readFile(join(folder, RUN_FILES.lock), 'utf8')) as {
      pid: number;
      host: string;
    };
    if (host === hostname()) process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
