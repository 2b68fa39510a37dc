import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describeIssue } from '../config/config-issue.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { lastStepOf, type ModelPlace } from '../config/stage-models.ts';
import { REWARD_FILE } from '../files/open-file.ts';
import type { EditedTexts } from '../files/source.ts';
import { readText } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import { type RunConfig, runConfigSchema } from '../protocol/run-config.ts';
import { type RewardSource, RUN_FILES, type RunInfo, type RunInputs } from '../protocol/run-folder.ts';
import { FREE_FIELDS } from './compare-run.ts';
import { digestSource, digestText } from './file-digest.ts';
import { otherTokenizers, tokenizerChanged } from './other-tokenizers.ts';
import { type DigestTokenizer, digestInputs, recordedModels, sameContent } from './run-inputs.ts';

/** What a session of a run is trained with. */
export interface RunSettings {
  loaded: LoadedConfig;
  inputs: RunInputs;
  rollouts: string | undefined;
  /** Recorded source code, in place of that of reward files that were edited since. */
  texts: EditedTexts;
}

/** Where the config's folder is now, what the config says, and how far the run has got. */
interface Today {
  directory: string;
  config: RunConfig;
  stepsDone: number;
  digestTokenizer: DigestTokenizer;
}

/**
 * A run's settings as recorded, with today's choice of what is free to change. Throws BadInput for the first thing that is no longer there as it
 * was, and says what to do about it.
 */
export function recordedSettings(
  run: string,
  info: RunInfo,
  { directory, config: today, stepsDone, digestTokenizer }: Today,
): RunSettings {
  const before = dirname(info.configFile);
  const parsed = runConfigSchema.safeParse(info.config);
  if (!parsed.success) {
    const { message } = describeIssue(parsed.error.issues[0]!, info.config);
    throw new BadInput(`The config that the run recorded is not one of this release: ${message}`, at(run));
  }
  const recorded = parsed.data;
  const here = (path: string, what: string): string => {
    const moved = join(directory, relative(before, path));
    const found = [path, moved].find((candidate) => existsSync(candidate));
    if (found === undefined) throw new BadInput(`${what} ${path}, which the run used, is missing; restore it.`);
    return found;
  };
  const modelHere = (model: string, what: string, place: ModelPlace) =>
    lastStepOf(recorded, place) < stepsDone && !existsSync(model) ? model : here(model, what);
  const allHere = (paths: string | string[], what: string) =>
    typeof paths === 'string' ? here(paths, what) : paths.map((path) => here(path, what));
  const config: RunConfig = {
    ...recorded,
    ...freeSettings(recorded, today),
    model: modelHere(recorded.model, 'The model', 'run'),
    dataset: allHere(recorded.dataset, 'The dataset'),
    evalDataset: recorded.evalDataset === null ? null : allHere(recorded.evalDataset, 'The evalDataset'),
    difficulty: recorded.difficulty?.file
      ? { ...recorded.difficulty, file: here(recorded.difficulty.file, 'The difficulty file') }
      : recorded.difficulty,
    rewards: recorded.rewards.map((reward) => ({ ...reward, file: here(reward.file, 'The reward file') })),
    ...stagesHere(recorded, today, { here, modelHere, allHere }),
  };
  const rollouts = info.inputs?.rollouts ? here(info.inputs.rollouts.file, 'The rollouts file') : undefined;
  const past = recordedModels(info, directory, stepsDone);
  const inputs = digestInputs(config, rollouts, { past, digestTokenizer });
  for (const name of ['dataset', 'evalDataset', 'rollouts', 'model', 'stages'] as const)
    if (info.inputs && !sameContent(info.inputs[name] ?? null, inputs[name] ?? null))
      throw changedInput(name, config, rollouts);
  const [other] = otherTokenizers(info, inputs);
  if (other) throw new BadInput(tokenizerChanged(other));
  const texts = recordedTexts(run, info, directory, config);
  const loaded = { config, file: info.configFile, directory, name: info.name, locate: () => at(run) };
  return { loaded, inputs, rollouts, texts };
}

/** The recorded source code of reward files that have changed since. Throws BadInput where that cannot take their place. */
export const recordedTexts = (
  run: string,
  { rewardSources = [] }: Pick<RunInfo, 'rewardSources'>,
  directory: string,
  config: RunConfig,
): EditedTexts => new Map(rewardSources.flatMap((source) => recordedText(run, source, directory, config)));

const at = (run: string) => ({ file: join(run, RUN_FILES.info) });

/** Without an evaluation dataset there are no steps to evaluate at. */
function freeSettings(recorded: RunConfig, today: RunConfig): Partial<RunConfig> {
  const fields = FREE_FIELDS.filter(
    (field) => field !== 'evalSteps' || recorded.evalDataset !== null || recorded.evalSplit !== null,
  );
  return Object.fromEntries(fields.map((field) => [field, today[field]]));
}

/** Where what a run used is now. */
interface Finders {
  here(path: string, what: string): string;
  modelHere(model: string, what: string, place: ModelPlace): string;
  allHere(paths: string | string[], what: string): string | string[];
}

/** Stages with their files where these are now; the last one is as long as it is today. */
function stagesHere(
  { stages }: RunConfig,
  today: RunConfig,
  { here, modelHere, allHere }: Finders,
): Pick<RunConfig, 'stages'> | Pick<RunConfig, 'stages' | 'maxSteps'> {
  if (!stages) return { stages: null };
  const moved = stages.map((stage, index) => {
    const last = index === stages.length - 1 ? today.stages?.[index]?.maxSteps : undefined;
    return {
      ...stage,
      ...(stage.dataset !== undefined && { dataset: allHere(stage.dataset, 'The dataset of a stage') }),
      ...('mix' in stage &&
        stage.mix && { mix: { ...stage.mix, dataset: allHere(stage.mix.dataset, 'The dataset of a stage') } }),
      ...('model' in stage && { model: modelHere(stage.model, 'The model of a stage', index) }),
      ...('rewards' in stage && {
        rewards: stage.rewards?.map((reward) => ({ ...reward, file: here(reward.file, 'The reward file') })),
      }),
      ...(last !== undefined && { maxSteps: last }),
    };
  });
  return { stages: moved, maxSteps: moved.reduce((sum, stage) => sum + stage.maxSteps!, 0) };
}

function changedInput(
  name: Exclude<keyof RunInputs, 'tokenizer'>,
  config: RunConfig,
  rollouts: string | undefined,
): BadInput {
  if (name === 'stages')
    return new BadInput(
      'A dataset or model of "stages" has changed since the run recorded it, and the run keeps no copy; restore it.',
    );
  const file = name === 'rollouts' ? rollouts : config[name];
  return new BadInput(
    `The ${name} ${[file].flat().join(', ')} has changed since the run recorded it, and the run keeps no copy; restore it.`,
  );
}

/** The text to use instead of a file's own, where that has changed. */
function recordedText(
  run: string,
  { name, copy, sha256 }: RewardSource,
  directory: string,
  { rewards }: RunConfig,
): [string, string][] {
  const file = resolve(directory, name);
  if (digestSource(file) === sha256) return [];
  const kept = join(run, copy);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new BadInput(`${name}, which the run used, is missing; restore it from ${kept}.`);
  // Python imports modules from the disk, whatever we would like them to be.
  if (file.endsWith('.py') && !rewards.some((reward) => reward.file === file))
    throw new BadInput(`${name}, which Python rewards import, has changed; restore it from ${kept}.`);
  const text = readCopy(kept);
  if (text === undefined || digestText(text) !== sha256)
    throw new BadInput(`${name} has changed, and the run's copy of it is missing or was edited (${kept}).`);
  return [[file, text]];
}

function readCopy(file: string): string | undefined {
  try {
    return readText(file, REWARD_FILE);
  } catch {
    return undefined;
  }
}
