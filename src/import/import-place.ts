import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { holdsRun, readRunInfo } from '../run-folder/run-info.ts';
import { fileNameOf } from '../text/file-name-of.ts';

/** The config in an imported run's folder that says how to score it again, where nobody has named another. */
export const OWN_CONFIG = 'rescore.grpo.json';

/** The folder in `runs` of what was imported from `source` before, or of a new run, called after the program and its folder: many trainings are called "output". */
export function placeOfImport(runs: string, from: string, source: string): string {
  const name = `${from.toLowerCase()}-${fileNameOf(basename(source))}`;
  for (let attempt = 1; ; attempt++) {
    const place = join(runs, attempt === 1 ? name : `${name}-${attempt}`);
    if (!existsSync(place) || sourceOf(place) === source) return place;
  }
}

/** The run config that a run was imported with, if it is still there. */
export function configBefore(run: string): string | undefined {
  if (!holdsRun(run)) return undefined;
  const { configFile } = readRunInfo(run);
  return configFile !== join(run, OWN_CONFIG) && existsSync(configFile) ? configFile : undefined;
}

function sourceOf(run: string): string | undefined {
  try {
    return readRunInfo(run).imported?.folder;
  } catch {
    return undefined;
  }
}
