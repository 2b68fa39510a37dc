import { dirname } from 'node:path';
import type { LoadedConfig } from '../config/load-config.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { RunInfo, RunInputs } from '../protocol/run-folder.ts';
import { compareRun, FREE_FIELDS } from './compare-run.ts';
import { recordedConfig } from './run-changes.ts';

/** What a run that is started now would be. */
export interface WantedRun {
  config: RunConfig;
  directory: LoadedConfig['directory'];
  inputs: RunInputs;
}

/** What a config may say differently without another curve: neither the steps nor what is measured of them follow from it. */
const BESIDES: readonly string[] = ['saveSteps', 'samples', 'reportTo'];
const FREE_THAT_MATTER = FREE_FIELDS.filter((field) => !BESIDES.includes(field));
const HARMLESS = new RegExp(`^(device|configFile|versions\\..*|config\\.(${BESIDES.join('|')}|python))$`);

/**
 * Whether a recorded run is, from its first step to its last, what a new run with this config, reward code and data would be. A run that
 * was changed on the way, or whose release did not record all that, is none.
 */
export function isSameRun(info: RunInfo, wanted: WantedRun): boolean {
  if (!info.inputs || !info.rewardSources || info.seed !== wanted.config.seed) return false;
  if ((info.changes ?? []).some(({ field }) => !HARMLESS.test(field))) return false;
  const config = recordedConfig(info);
  const differs = (field: keyof RunConfig) => JSON.stringify(config[field]) !== JSON.stringify(wanted.config[field]);
  // How many steps the same epochs are follows from the prompts.
  const byEpochs = wanted.config.numTrainEpochs !== null;
  if (FREE_THAT_MATTER.some((field) => differs(field) && !(byEpochs && field === 'maxSteps'))) return false;
  const before = { ...info, config, directory: dirname(info.configFile) };
  // Of a run that is done, interpreters may have other paths by now; one that is to be continued must not ask about it.
  const differences = compareRun(before, wanted);
  return info.state === 'done' ? differences.every(({ what }) => what === 'python') : differences.length === 0;
}
