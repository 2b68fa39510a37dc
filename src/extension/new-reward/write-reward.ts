import { constants, copyFile, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CONFIG_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import type { Row } from './column-types.ts';
import type { Template } from './template.ts';

const TSCONFIG = `{
  // For the editor only: what reward files may use. GRPO Lab compiles them itself.
  "compilerOptions": {
    "strict": true,
    "noEmit": true,
    "target": "es2023",
    "module": "preserve",
    "skipLibCheck": true
  }
}
`;

export interface RewardFiles {
  reward: string;
  samples: string;
}

/** Where a reward of this name goes, in a run config's folder or the workspace's. */
export function rewardFiles(folder: string, name: string, { language }: Template): RewardFiles {
  const suffix = language === 'python' ? '.py' : '.reward.ts';
  return { reward: join(folder, 'rewards', name + suffix), samples: join(folder, 'samples', `${name}.samples.jsonl`) };
}

/**
 * Writes a reward file, which may not exist, and its samples, unless there are some, and beside a TypeScript one what the editor needs to know of
 * `grpo/rewards`: `declarations` is the extension's grpo-rewards.d.ts, `top` the workspace's folder.
 */
export async function writeReward(
  { reward, samples }: RewardFiles,
  { template, name, rows, declarations, top }: NewReward,
): Promise<void> {
  const made = template.make(name, rows);
  for (const file of [reward, samples]) await mkdir(dirname(file), { recursive: true });
  await writeFile(reward, made.source, { flag: 'wx' });
  if (!(await exists(samples)))
    await writeFile(samples, made.samples.map((row) => `${JSON.stringify(row)}\n`).join(''), { flag: 'wx' });
  if (template.language === 'typescript') await writeDeclarations(dirname(reward), declarations, top);
}

export interface NewReward {
  template: Template;
  name: string;
  rows: readonly Row[];
  declarations: string;
  top: string;
}

/**
 * Puts the declarations into the folder of the rewards, where a tsconfig.json there or above takes them in automatically; without one there,
 * the editor would look at each reward file alone. Leaves a workspace alone that has them elsewhere, as the sample has.
 */
async function writeDeclarations(folder: string, declarations: string, top: string): Promise<void> {
  for (let at = folder; ; at = dirname(at)) {
    const text = await readTextLater(join(at, 'tsconfig.json'), CONFIG_FILE).catch(() => '');
    if (text.includes('grpo-rewards') || text.includes('grpo/rewards')) return;
    if (at === top || at === dirname(at)) break;
  }
  const target = join(folder, 'grpo-rewards.d.ts');
  // Those of an earlier release, or a link, which must not be followed.
  await rm(target, { force: true });
  await copyFile(declarations, target, constants.COPYFILE_EXCL);
  const tsconfig = join(folder, 'tsconfig.json');
  if (!(await exists(tsconfig))) await writeFile(tsconfig, TSCONFIG, { flag: 'wx' });
}

export const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
