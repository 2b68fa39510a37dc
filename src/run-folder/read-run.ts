import type { RunInfo, RunState } from '../protocol/run-folder.ts';
import { lastReward } from './metrics.ts';
import { readRunInfoLater } from './run-info.ts';
import { isWritten } from './run-lock.ts';

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

/** A run as its folder tells it; undefined when there is none that can be read. */
export async function readRun(folder: string, live: boolean): Promise<Run | undefined> {
  const info = await readRunInfoLater(folder);
  if (!info) return undefined;
  const unfinished = info.state === 'running' || info.state === 'paused' || info.state === 'stopping';
  const interrupted = unfinished && !live && !(await isWritten(folder));
  return { folder, info, live, status: interrupted ? 'interrupted' : info.state, lastReward: await lastReward(folder) };
}
