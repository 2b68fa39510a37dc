import { isAbsolute } from 'node:path';
import { type LoadedConfig, loadRunConfig } from '../../config/load-config.ts';
import { CONFIG_FILE } from '../../files/open-file.ts';
import { readText } from '../../files/text.ts';
import type { RewardSpec } from '../../protocol/inputs-config.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import { runConfigFieldNames, runConfigFields } from '../../protocol/run-config-fields.ts';
import type { RunInfo } from '../../protocol/run-folder.ts';
import { configChanges, recordedConfig } from '../../run-folder/run-changes.ts';
import { pathIn } from './path-in.ts';
import { withField } from './with-field.ts';

type Recorded = Pick<RunInfo, 'config' | 'configFile'>;
/** What a new run has instead of what was recorded; paths are absolute. */
export type Instead = Partial<Pick<RunConfig, 'model' | 'rewards'>>;

/**
 * The text of a run config with a run's own settings, for a file in its config's folder: that of the config as it is now, comments included,
 * with the fields that have changed since as they were; or one of its own where that is gone or cannot be read.
 */
export function recordedConfigText(run: Recorded, instead: Instead = {}): string {
  const recorded = { ...recordedConfig(run), ...instead };
  const today = configNow(run.configFile);
  const fields = today ? changedFields(recorded, today.config) : runConfigFieldNames;
  let text = today?.text ?? '{}\n';
  for (const field of fields) {
    const value = written(field as keyof RunConfig, recorded, run.configFile);
    if (today || value !== undefined) text = withField(text, field, value);
  }
  return text;
}

/** What to override in a config as it is now, for a run with a recorded run's settings: `field=value` each. Throws BadInput where it cannot be read. */
export function recordedOverrides(run: Recorded, instead: Instead = {}): string[] {
  const recorded = { ...recordedConfig(run), ...instead };
  const { config } = loadRunConfig(run.configFile);
  return changedFields(recorded, config).map(
    (field) => `${field}=${JSON.stringify(recorded[field as keyof RunConfig])}`,
  );
}

function configNow(file: string): { text: string; config: RunConfig } | undefined {
  let loaded: LoadedConfig;
  try {
    loaded = loadRunConfig(file);
  } catch {
    return undefined;
  }
  return { text: readText(file, CONFIG_FILE), config: loaded.config };
}

function changedFields(recorded: RunConfig, today: RunConfig): string[] {
  const changed = configChanges(recorded, today).map(({ field }) => field.replace(/\..*/, ''));
  // The editor's interpreter is none of the config's.
  const isEditors = recorded.python !== null && today.python === null && isAbsolute(recorded.python);
  return [...new Set(changed)].filter((field) => field !== 'python' || !isEditors);
}

/** A value as a config writes it; undefined where it need not be there. */
function written(field: keyof RunConfig, config: RunConfig, file: string): unknown {
  const here = (path: string) => pathIn(file, path);
  switch (field) {
    case 'model':
      return here(config.model);
    case 'dataset':
    case 'evalDataset': {
      const data = config[field];
      return data === null ? undefined : typeof data === 'string' ? here(data) : data.map(here);
    }
    case 'rewards':
      return config.rewards.map((reward) => writtenReward(reward, here));
    case 'samples':
      return config.samples === null ? undefined : here(config.samples);
    case 'python':
      return config.python === null ? undefined : isAbsolute(config.python) ? here(config.python) : config.python;
    case 'difficulty': {
      const { difficulty } = config;
      return difficulty ? { ...difficulty, ...(difficulty.file && { file: here(difficulty.file) }) } : undefined;
    }
    // Where a config leaves them open, they follow these.
    case 'epsilonHigh':
      return config.epsilonHigh === config.epsilon ? undefined : config.epsilonHigh;
    case 'numGenerationsEval':
      return config.numGenerationsEval === config.numGenerations ? undefined : config.numGenerationsEval;
    default:
      return same(config[field], defaultOf(field)) ? undefined : config[field];
  }
}

function writtenReward({ file, function: name, weight }: RewardSpec, here: (path: string) => string): unknown {
  const short = `${here(file)}${name === undefined ? '' : `#${name}`}`;
  if (weight === 1 && (name !== undefined || !short.includes('#'))) return short;
  return { file: here(file), ...(name !== undefined && { function: name }), ...(weight !== 1 && { weight }) };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Undefined where a field has none. */
export const defaultOf = (field: keyof RunConfig): unknown => runConfigFields.shape[field].safeParse(undefined).data;
