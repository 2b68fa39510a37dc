import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openRegularFileLater } from '../files/open-file.ts';
import { parseJsonLines, RUN_FILES, type RunInfo, type RunState, stepOfName } from '../protocol/run-folder.ts';
import { isWritten, readRunInfo } from './run-files.ts';

/** A run, read from its folder. */
export interface Run {
  /** The run folder's path, which is also the run's id. */
  readonly folder: string;
  readonly info: RunInfo;
  /** `info.state`, except that a run whose trainer died without a word is `interrupted`. */
  readonly status: RunState | 'interrupted';
  /** A trainer of the reader's is running it. */
  readonly live: boolean;
  /** The mean reward of the last step; null before the first. */
  readonly lastReward: number | null;
}

/** More than one line of `metrics.jsonl` can be long. */
const TAIL_BYTES = 64 * 1024;

/** A run as its folder tells it; undefined when there is none that can be read. */
export async function readRun(folder: string, live: boolean): Promise<Run | undefined> {
  const info = await readRunInfo(folder);
  if (!info) return undefined;
  const unfinished = info.state === 'running' || info.state === 'paused' || info.state === 'stopping';
  const interrupted = unfinished && !live && !(await isWritten(folder));
  return { folder, info, live, status: interrupted ? 'interrupted' : info.state, lastReward: await lastReward(folder) };
}

async function lastReward(folder: string): Promise<number | null> {
  const file = await openRegularFileLater(join(folder, RUN_FILES.metrics), 'file').catch(() => undefined);
  if (!file) return null;
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const tail = buffer.toString('utf8', 0, bytesRead);
    const last = parseJsonLines(start === 0 ? tail : tail.slice(tail.indexOf('\n') + 1)).at(-1);
    return (last as { reward?: number | null } | undefined)?.reward ?? null;
  } catch {
    // A reward that cannot be shown is no reason to hide the run.
    return null;
  } finally {
    await file.close();
  }
}

export interface Checkpoint {
  step: number;
  path: string;
}

/** Complete checkpoints of a run, newest first. */
export async function readCheckpoints(run: string): Promise<Checkpoint[]> {
  const folder = join(run, RUN_FILES.checkpoints);
  const names = await readdir(folder).catch(() => []);
  return names
    .flatMap((name) => {
      const step = stepOfName(name);
      return step === undefined ? [] : { step, path: join(folder, name) };
    })
    .sort((a, b) => b.step - a.step);
}
