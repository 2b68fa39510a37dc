import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Row } from './column-types.ts';
import type { Template } from './template.ts';

export interface RewardFiles {
  reward: string;
  samples: string;
}

/** Where a reward of this name goes, in a run config's folder or the workspace's. */
export function rewardFiles(folder: string, name: string, { language }: Template): RewardFiles {
  const suffix = language === 'python' ? '.py' : '.reward.ts';
  return { reward: join(folder, 'rewards', name + suffix), samples: join(folder, 'samples', `${name}.samples.jsonl`) };
}

/** Writes a reward file, which may not exist, and its samples, unless there are some. */
export async function writeReward(
  { reward, samples }: RewardFiles,
  { template, name, rows }: NewReward,
): Promise<void> {
  const made = template.make(name, rows);
  for (const file of [reward, samples]) await mkdir(dirname(file), { recursive: true });
  await writeFile(reward, made.source, { flag: 'wx' });
  if (!(await exists(samples)))
    await writeFile(samples, made.samples.map((row) => `${JSON.stringify(row)}\n`).join(''), { flag: 'wx' });
}

export interface NewReward {
  template: Template;
  name: string;
  rows: readonly Row[];
}

export const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
