import { dirname, resolve, sep } from 'node:path';
import { type RewardSource, RUN_FILES, type RunInfo } from '../protocol/run-folder.ts';
import { digestSource } from './file-digest.ts';

/** A file of a run's reward code, and what has become of it since. */
export interface SourceState {
  source: RewardSource;
  /** Where it is, or was. */
  file: string;
  now: 'same' | 'changed' | 'missing';
  /** The config names it; others are modules that such a file imports. */
  isReward: boolean;
}

/** How a run's reward code is today; nothing of runs that did not record theirs. */
export function sourceStates({ configFile, config, rewardSources = [] }: RunInfo): SourceState[] {
  return rewardSources.map((source) => {
    const file = resolve(dirname(configFile), source.name);
    const digest = digestSource(file);
    const now = digest === undefined ? 'missing' : digest === source.sha256 ? 'same' : 'changed';
    const isReward = config.rewards.some((reward) => reward.file === file || reward.file === source.file);
    return { source, file, now, isReward };
  });
}

/** The place of a recorded copy; undefined where `run.json`, which may come from elsewhere, names one outside the run. */
export function copyOf(run: string, { copy }: RewardSource): string | undefined {
  const path = resolve(run, copy);
  return path.startsWith(resolve(run, RUN_FILES.rewards) + sep) ? path : undefined;
}
