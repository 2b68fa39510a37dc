import { dirname } from 'node:path';
import type { LoadedConfig } from '../config/load-config.ts';
import type { EditedTexts } from '../files/source.ts';
import type { RunChange, RunReward } from '../protocol/run-folder.ts';
import { openRewards, type RewardSet } from '../rewards/open-rewards.ts';
import { keepRewardSources } from '../run-folder/reward-copies.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';

type NamedRewards = Pick<RewardSet, 'functions' | 'sources'>;

export interface RewardHost {
  /** The bundled reward worker. */
  rewardWorker: string;
  /** Gets what reward functions print. */
  onOutput?: (text: string) => void;
  /** Hears of reward functions what is wrong though no completion has failed of it. */
  onWarning?: (message: string) => void;
}

/** Opens the reward functions that a config names, at each call as their files are then. `texts` are read in place of files. */
export function rewardOpener(
  { config, locate }: LoadedConfig,
  { rewardWorker, onOutput, onWarning }: RewardHost,
): (texts?: EditedTexts) => Promise<RewardSet> {
  const sources = config.rewards.map(({ file, function: name, weight }, index) => ({
    ...{ file, weight, at: locate(['rewards', index]) },
    ...(name !== undefined && { name }),
  }));
  const options = {
    workerPath: rewardWorker,
    timeoutSeconds: config.rewardTimeoutSeconds,
    rewardEnv: config.rewardEnv,
    ...(config.python !== null && { pythonPath: config.python }),
    ...(onOutput && { onOutput }),
    ...(onWarning && { onWarning }),
  };
  return (texts) => openRewards(sources, { ...options, ...(texts && { texts }) });
}

/** Reward functions that are open, and can be loaded again as their files are by then. */
export interface HeldRewards {
  readonly rewards: RewardSet;
  reopenRewards(): Promise<void>;
}

export type HoldOptions = RewardHost & { texts?: EditedTexts };

/** Opens those that a config names. `texts` are read in place of files until they are loaded again. */
export async function holdRewards(loaded: LoadedConfig, { texts, ...host }: HoldOptions): Promise<HeldRewards> {
  const open = rewardOpener(loaded, host);
  let rewards = await open(texts);
  return {
    get rewards() {
      return rewards;
    },
    async reopenRewards() {
      await rewards.close();
      rewards = await open();
    },
  };
}

/** Says in the run folder which rewards it uses from a step on, and keeps their source code; gives what is new about it. */
export function recordRewards(folder: RunFolder, rewards: NamedRewards, step: number): RunChange[] {
  const { configFile, rewardSources: known } = folder.info;
  const directory = dirname(configFile);
  const rewardSources = keepRewardSources(folder.path, rewards.sources, directory, { known, step });
  folder.update({ rewards: runRewards(rewards) });
  return folder.change({ rewardSources }, step);
}

export const runRewards = ({ functions }: Pick<RewardSet, 'functions'>): RunReward[] =>
  functions.map(({ name, file, weight }) => ({ name, file, weight }));
