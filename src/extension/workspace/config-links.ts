import { dirname, resolve } from 'node:path';
import { parse } from 'jsonc-parser';
import { tooDeepAt } from '../../files/jsonc.ts';
import type { PreviewRequest, ScoreSettings } from '../../protocol/preview.ts';
import { isProgramPath } from '../../text/files-by-name.ts';

export const RUN_CONFIGS = '**/*.grpo.json';

/** What a run config says about how its rewards are previewed. Paths are absolute. */
export interface ConfigLinks {
  file: string;
  rewards: PreviewRequest['rewards'];
  dataset: string | null;
  model: string | null;
  /** Null where the config names none: then they go by its name. */
  samples: string | null;
  settings: ScoreSettings;
}

/** Those of a reward file that no config names; the run config's own defaults. */
export const DEFAULT_SETTINGS: ScoreSettings = {
  scaleRewards: 'group',
  multiObjectiveAggregation: 'sum_then_normalize',
  rewardTimeoutSeconds: 10,
  python: null,
};

/**
 * Reads what previews need out of a run config, and passes over the rest: while it is edited much of it may be wrong, which is the
 * schema's and the trainer's to say. Undefined when it lists no rewards.
 */
export function readConfigLinks(file: string, text: string): ConfigLinks | undefined {
  if (tooDeepAt(text) !== undefined) return undefined;
  const config: unknown = parse(text.replace(/^\uFEFF/, ''), [], { allowTrailingComma: true });
  if (typeof config !== 'object' || config === null) return undefined;
  const { rewards, dataset, model, samples, ...settings } = config as Record<string, unknown>;
  if (!Array.isArray(rewards)) return undefined;
  const path = (value: unknown): string | null =>
    typeof value === 'string' && value !== '' ? resolve(dirname(file), value) : null;
  return {
    file,
    rewards: rewards.flatMap((reward) => readReward(reward, path)),
    dataset: path(dataset),
    model: path(model),
    samples: path(samples),
    settings: readSettings(settings, dirname(file)),
  };
}

function readReward(value: unknown, path: (value: unknown) => string | null): PreviewRequest['rewards'] {
  if (typeof value === 'string') {
    const hash = value.lastIndexOf('#');
    const file = path(hash < 0 ? value : value.slice(0, hash));
    if (file === null) return [];
    return [{ file, ...(hash >= 0 && { function: value.slice(hash + 1) }), weight: 1 }];
  }
  const { file: given, function: name, weight } = (value ?? {}) as Record<string, unknown>;
  const file = path(given);
  if (file === null) return [];
  const named = typeof name === 'string' && name !== '' ? { function: name } : {};
  return [{ file, ...named, weight: typeof weight === 'number' ? weight : 1 }];
}

function readSettings(config: Record<string, unknown>, folder: string): ScoreSettings {
  const { scaleRewards, baseline, multiObjectiveAggregation, rewardTimeoutSeconds, python, chatTemplateKwargs } =
    config;
  const { rewardEnv } = config;
  const scales = { true: 'group', false: 'none', group: 'group', batch: 'batch', none: 'none' } as const;
  return {
    scaleRewards: scales[String(scaleRewards) as keyof typeof scales] ?? DEFAULT_SETTINGS.scaleRewards,
    multiObjectiveAggregation:
      multiObjectiveAggregation === 'normalize_then_sum'
        ? multiObjectiveAggregation
        : DEFAULT_SETTINGS.multiObjectiveAggregation,
    rewardTimeoutSeconds:
      typeof rewardTimeoutSeconds === 'number' && rewardTimeoutSeconds > 0
        ? rewardTimeoutSeconds
        : DEFAULT_SETTINGS.rewardTimeoutSeconds,
    python:
      typeof python !== 'string' || python === '' ? null : isProgramPath(python) ? resolve(folder, python) : python,
    rewardEnv: Array.isArray(rewardEnv) ? rewardEnv.filter((name) => typeof name === 'string') : [],
    ...(baseline === 'none' && { baseline }),
    ...(typeof chatTemplateKwargs === 'object' &&
      chatTemplateKwargs !== null && { chatTemplateKwargs: chatTemplateKwargs as Record<string, unknown> }),
  };
}
