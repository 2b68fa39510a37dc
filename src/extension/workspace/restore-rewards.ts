import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Uri, workspace } from 'vscode';
import { REWARD_FILE } from '../../files/open-file.ts';
import { readText } from '../../files/text.ts';
import type { RunInfo } from '../../protocol/run-folder.ts';
import { digestSource } from '../../run-folder/file-digest.ts';
import { copyOf, type SourceState } from '../../run-folder/source-states.ts';
import { fileName } from '../../text/files-by-name.ts';
import { writablePlace } from './writable-place.ts';

/**
 * Writes a run's copy of a reward file back: under its own name where that is free, else beside it as `sort-recorded.reward.ts`. Gives the
 * file, which has the same text if it was there already. Throws with a sentence where it cannot be.
 */
export async function restoreReward(run: string, { source, file }: SourceState): Promise<string> {
  const copy = copyOf(run, source);
  if (!workspace.isTrusted) throw new Error('Reward files are not restored in Restricted Mode.');
  if (copy === undefined || !existsSync(copy)) throw new Error(`The run has no copy of ${source.name}.`);
  const target = placeBeside(file, source.sha256);
  if (!existsSync(target)) {
    const text = readText(copy, REWARD_FILE);
    await workspace.fs.writeFile(Uri.file(await writablePlace(target)), new TextEncoder().encode(text));
  }
  return target;
}

/** A run's rewards with the reward code that it recorded: files that have changed since are restored. */
export async function restoredRewards(
  run: string,
  { config }: RunInfo,
  states: readonly SourceState[],
): Promise<RunInfo['config']['rewards']> {
  const restored = new Map<string, string>();
  for (const state of states)
    if (state.isReward && state.now !== 'same') {
      const file = await restoreReward(run, state);
      restored.set(state.file, file).set(state.source.file, file);
    }
  return config.rewards.map((reward) => ({ ...reward, file: restored.get(reward.file) ?? reward.file }));
}

/** In its own folder, where what it imports by relative paths is found. */
function placeBeside(file: string, sha256: string): string {
  const [, stem = '', ending = ''] = /^(.*?)((?:\.reward)?\.[^.]+)$/.exec(fileName(file)) ?? [];
  for (let attempt = 0; ; attempt++) {
    const mark = attempt === 0 ? '' : attempt === 1 ? '-recorded' : `-recorded-${attempt}`;
    const place = join(dirname(file), `${stem}${mark}${ending}`);
    if (!existsSync(place) || (attempt > 0 && digestSource(place) === sha256)) return place;
  }
}
