import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Experiment, ExperimentRun } from '../config/load-experiment.ts';
import { fileNameOf } from '../text/file-name-of.ts';
import { type FoundRun, isDone, runsFolder } from './find-runs.ts';

/** A run of the plan. */
export interface PlannedRun {
  wanted: ExperimentRun;
  folder: string;
  /** It continues what is in its folder. */
  resume: boolean;
}

/** What is left to train, in order. */
export function planRuns(experiment: Experiment, found: readonly FoundRun[]): PlannedRun[] {
  const taken = new Set<string>();
  return found
    .filter((each) => !isDone(each))
    .map(({ wanted, run }) => {
      if (run) return { wanted, folder: run.folder, resume: true };
      const folder = freeFolder(join(runsFolder(experiment), folderName(experiment, wanted)), taken);
      taken.add(folder);
      return { wanted, folder, resume: false };
    });
}

/** `sweep-lr-1e-3-generations-4-seed-1` */
function folderName({ name }: Experiment, { setting, seed }: ExperimentRun): string {
  const words = `${name} ${setting.label}`.replaceAll(/[^\p{L}\p{N}._+-]+/gu, '-');
  return `${fileNameOf(words).replace(/-$/, '')}-seed-${seed}`;
}

/** With a number where there is a run of that name already: with settings that were other ones. */
function freeFolder(path: string, taken: ReadonlySet<string>): string {
  for (let attempt = 1; ; attempt++) {
    const folder = attempt === 1 ? path : `${path}-${attempt}`;
    if (!existsSync(folder) && !taken.has(folder)) return folder;
  }
}
