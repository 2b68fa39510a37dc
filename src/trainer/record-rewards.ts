import { dirname } from 'node:path';
import type { RunChange, RunReward } from '../protocol/run-folder.ts';
import type { RewardSet } from '../rewards/open-rewards.ts';
import { keepRewardSources } from '../run-folder/reward-copies.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';

/** Says in the run folder which rewards it uses from a step on, and keeps their source code; gives what is new about it. */
export function recordRewards(folder: RunFolder, rewards: RewardSet, step: number): RunChange[] {
  const { configFile, rewardSources: known } = folder.info;
  const directory = dirname(configFile);
  const rewardSources = keepRewardSources(folder.path, rewards.sources, directory, { known, step });
  folder.update({ rewards: runRewards(rewards) });
  return folder.change({ rewardSources }, step);
}

export const runRewards = ({ functions }: RewardSet): RunReward[] =>
  functions.map(({ name, file, weight }) => ({ name, file, weight }));
