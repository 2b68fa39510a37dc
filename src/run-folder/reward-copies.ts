import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { realPath } from '../files/real-path.ts';
import type { SourceText } from '../files/source.ts';
import { type RewardSource, RUN_FILES, stepName } from '../protocol/run-folder.ts';
import { atomicWrite, writeFailure } from './atomic-write.ts';
import { digestCopy, digestText } from './file-digest.ts';

/**
 * Keeps the source code of a run's rewards in its folder: that of the start in `rewards/`, that of a change in a folder named by the first
 * step with it. What is kept already (`known`) stays where it is, and nothing is written over. `directory` is the config's.
 */
export function keepRewardSources(
  run: string,
  sources: readonly SourceText[],
  directory: string,
  { known, step }: { known: readonly RewardSource[] | undefined; step: number },
): RewardSource[] {
  return sources.map(({ file, text }) => {
    const name = sourceName(directory, file);
    const sha256 = digestText(text);
    const kept = known?.find((source) => source.name === name && source.sha256 === sha256);
    if (kept) return { ...kept, file };
    const copy = placeFor(run, known === undefined ? [] : [stepName(step)], name, sha256);
    const path = join(run, copy);
    try {
      mkdirSync(dirname(path), { recursive: true });
    } catch (error) {
      throw writeFailure(path, error);
    }
    atomicWrite(path, text);
    return { name, file, sha256, copy };
  });
}

/** `rewards/sort.reward.ts`, `../shared/words.ts`; modules come by their real paths, and the folder may be reached through a link. */
function sourceName(directory: string, file: string): string {
  const paths = [relative(directory, file), relative(realPath(directory), file)];
  const inside = paths.find((path) => !path.startsWith('..')) ?? paths[0]!;
  return inside.split(sep).join('/');
}

/** A place of this name that is free, or has the same text in it. */
function placeFor(run: string, folder: string[], name: string, sha256: string): string {
  // What is outside the config's folder, or on another drive, is kept inside the run folder too.
  const inside = name.split('/').map((part) => (part === '..' ? '_parent' : part.replace(':', '')));
  for (let attempt = 1; ; attempt++) {
    const version = attempt === 1 ? folder : [`${folder[0] ?? 'start'}-${attempt}`];
    const copy = [RUN_FILES.rewards, ...version, ...inside].join('/');
    const path = join(run, copy);
    if (!existsSync(path) || digestCopy(path) === sha256) return copy;
  }
}
