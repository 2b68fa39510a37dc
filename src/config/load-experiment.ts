import { existsSync } from 'node:fs';
import { BadInput } from '../protocol/errors.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { configName } from '../text/files-by-name.ts';
import type { WrittenOverride } from './config-override.ts';
import { basePath, type Choice, type ExperimentFile, readExperimentFile } from './experiment-file.ts';
import { type LoadedConfig, loadRunConfig } from './load-config.ts';

/** More is a slip of the keyboard: it would take months. */
const MOST_RUNS = 1000;

/** What an experiment trains, once with each seed. */
export interface Setting {
  /** In what it differs from the others: `lr 1e-3 · generations 4`. */
  label: string;
  /** The same by part: what each of the things that vary is. */
  choices: string[];
  /** `path=value` each, as `grpo train --set` takes them. */
  set: string[];
  /** With the base config's seed. */
  loaded: LoadedConfig;
}

/** A run of an experiment. */
export interface ExperimentRun {
  setting: Setting;
  seed: number;
  config: RunConfig;
}

export interface Experiment {
  file: string;
  name: string;
  /** The base config's path. */
  base: string;
  settings: Setting[];
  seeds: number[];
  /** Further columns of the table: headings, and the metrics below them. */
  metrics: Record<string, string>;
  /** Those of one seed first, so that all settings can be compared early. */
  runs: ExperimentRun[];
}

/**
 * Reads an experiment and the run config of each of its settings. `set`: overrides of the command line, which win. Throws BadInput at
 * file:line:column, of the experiment or of its base config, before anything is trained.
 */
export function loadExperiment(given: string, set: readonly string[] = []): Experiment {
  const read = readExperimentFile(given);
  const base = basePath(read);
  if (!existsSync(base))
    throw new BadInput(`"base" names ${read.base}, which does not exist (${base}).`, read.basePlace);
  requireFew(read);
  const combinations = read.axes.reduce<Choice[][]>(
    (all, axis) => all.flatMap((begun) => axis.map((choice) => [...begun, choice])),
    [[]],
  );
  const seen = new Map<string, { label: string; combination: Choice[] }>();
  const settings = combinations.map((combination): Setting => {
    const overrides = [...read.set, ...combination.flatMap((choice) => choice.set)];
    const choices = combination.map((choice) => choice.label);
    const label = choices.join(' · ') || configName(base);
    const loaded = loadSetting(base, overrides, set, label);
    const content = JSON.stringify({ ...loaded.config, seed: undefined });
    const same = seen.get(content);
    if (same) {
      const { place } = combination.findLast((choice, axis) => choice !== same.combination[axis])!;
      throw new BadInput(`"${label}" comes to the same run config as "${same.label}"; remove one of them.`, place);
    }
    seen.set(content, { label, combination });
    return { label, choices, set: [...overrides.map(({ text }) => text), ...set], loaded };
  });
  const { file, name, seeds, metrics } = read;
  const runs = seeds.flatMap((seed) =>
    settings.map((setting) => ({ setting, seed, config: { ...setting.loaded.config, seed } })),
  );
  return { file, name, base, settings, seeds, metrics, runs };
}

/** Fields may contradict each other only as this setting has them: then its own are named, and not the base config's. */
function loadSetting(base: string, overrides: WrittenOverride[], set: readonly string[], label: string): LoadedConfig {
  try {
    return loadRunConfig(base, { set: [...overrides, ...set] });
  } catch (error) {
    const last = overrides.at(-1);
    if (!(error instanceof BadInput) || !last) throw error;
    const { message, place } = error.problem;
    if (place?.file !== base || place.option !== undefined) throw error;
    loadRunConfig(base, { set });
    throw new BadInput(`With ${label}, ${message}`, last.key);
  }
}

function requireFew({ axes, seeds, varyPlace }: ExperimentFile): void {
  const runs = axes.reduce((product, axis) => product * axis.length, seeds.length);
  if (runs > MOST_RUNS)
    throw new BadInput(`This comes to ${runs} runs; an experiment can have at most ${MOST_RUNS}.`, varyPlace);
}
