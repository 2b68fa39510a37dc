import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const REWARD_FILE = Symbol.for('grpo.rewardFile');

/** A path that a helper was given, seen from the reward file that calls it, which the worker tells. */
export const besideRewardFile = (path: string): string => resolve(dirname(fileURLToPath(rewardFile())), path);

const rewardFile = (): string =>
  (globalThis as { [REWARD_FILE]?: string })[REWARD_FILE] ?? pathToFileURL(join(process.cwd(), 'reward')).href;
