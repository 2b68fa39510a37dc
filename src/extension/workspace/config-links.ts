import { dirname, resolve } from 'node:path';
import { looseConfig, rightFields } from '../../config/partial-config.ts';
import type { PreviewRequest, ScoreSettings } from '../../protocol/preview.ts';
import { isProgramPath } from '../../text/files-by-name.ts';

/** What a run config says about how its rewards are previewed. Paths are absolute. */
export interface ConfigLinks {
  file: string;
  rewards: PreviewRequest['rewards'];
  dataset: string | string[] | null;
  model: string | null;
  /** Null where the config names none: then they go by its name. */
  samples: string | null;
  settings: ScoreSettings;
}

const SCORING = [
  'scaleRewards',
  'baseline',
  'multiObjectiveAggregation',
  'processRewardWeight',
  'rewardTimeoutSeconds',
  'chatTemplateKwargs',
  'prompt',
  'columns',
] as const;

/** Those of a reward file that no config names; the run config's own defaults. */
export const DEFAULT_SETTINGS: ScoreSettings = { ...rightFields({}, ...SCORING), python: null };

/**
 * Reads what previews need out of a run config, and passes over the rest: while it is edited much of it may be wrong, which is the
 * schema's and the trainer's to say. Undefined when it lists no rewards.
 */
export function readConfigLinks(file: string, text: string): ConfigLinks | undefined {
  const config = looseConfig(text);
  const fields =
    config &&
    rightFields(config, 'rewards', 'dataset', 'model', 'samples', 'python', 'rewardEnv', 'prompt', ...SCORING);
  if (!fields?.rewards) return undefined;
  const { rewards, dataset, model, samples, python, ...settings } = fields;
  const folder = dirname(file);
  const absolute = (path: string | null | undefined) => (path ? resolve(folder, path) : null);
  return {
    file,
    rewards: rewards.map((reward) => ({ ...reward, file: resolve(folder, reward.file) })),
    dataset: Array.isArray(dataset) ? dataset.map((path) => resolve(folder, path)) : absolute(dataset),
    model: absolute(model),
    samples: absolute(samples),
    settings: { ...settings, python: python !== null && isProgramPath(python) ? resolve(folder, python) : python },
  };
}
