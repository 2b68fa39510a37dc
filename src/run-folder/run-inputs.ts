import { existsSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { lastStepOf } from '../config/stage-models.ts';
import { datasetFiles } from '../files/dataset-files.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { FileDigest, RunInfo, RunInputs, TokenizerDigest } from '../protocol/run-folder.ts';
import { digestFile, digestModel, isModelFile } from './file-digest.ts';

/** What is recorded of a model that is trained up to step `last`; undefined: it is still read, or nothing was recorded of its files. */
interface PastModels {
  files(model: string, last: number): FileDigest[] | undefined;
  tokenizer(model: string, last: number): TokenizerDigest[] | undefined;
}

/** Reads a model's tokenizer; model files are not this folder's business. */
export type DigestTokenizer = (model: string) => TokenizerDigest;

/**
 * What a run reads besides its rewards, by content. All of it must exist, except for models of `past`, which are read no more. Without
 * `digestTokenizer` nothing is said of tokenizers, nor of one that TRL makes.
 */
export const digestInputs = (
  { model, dataset, evalDataset, difficulty, stages, backend }: DigestedConfig,
  rollouts: string | undefined,
  { past, digestTokenizer }: { past?: PastModels; digestTokenizer?: DigestTokenizer } = {},
): RunInputs => ({
  dataset: digestDataset(dataset, difficulty?.file),
  evalDataset: evalDataset === null ? null : digestDataset(evalDataset),
  rollouts: rollouts === undefined ? null : digestFile(rollouts),
  model: past?.files(model, lastStepOf({ stages }, 'run')) ?? digestModel(model),
  ...digestStages(stages, past),
  ...(digestTokenizer &&
    backend !== 'trl' && {
      tokenizer: [...lastSteps({ model, stages })].flatMap(
        ([one, last]) => past?.tokenizer(one, last) ?? [digestTokenizer(one)],
      ),
    }),
});

/** Each model that a config names, once, with the last step that trains it. */
const lastSteps = ({ model, stages }: Pick<RunConfig, 'model' | 'stages'>): Map<string, number> => {
  const steps = new Map([[model, lastStepOf({ stages }, 'run')]]);
  for (const [index, stage] of (stages ?? []).entries())
    if ('model' in stage) steps.set(stage.model, Math.max(steps.get(stage.model) ?? 0, lastStepOf({ stages }, index)));
  return steps;
};

/**
 * What a run has recorded of the models that it needs no more after `stepsDone` steps, whatever has become of them. `directory` is its config's folder
 * today, where they may have moved with it.
 */
export const recordedModels = (
  { configFile, inputs }: Pick<RunInfo, 'configFile' | 'inputs'>,
  directory: string,
  stepsDone: number,
): PastModels => {
  const before = (model: string) => resolve(dirname(configFile), relative(directory, model));
  return {
    files: (model, last) => {
      if (last >= stepsDone) return undefined;
      const files = [...(inputs?.model ?? []), ...(inputs?.stages ?? [])];
      const at = (place: string) => files.filter(({ file }) => file === place || isIn(place, file));
      const moved = at(before(model));
      const own = moved.length > 0 ? moved : at(model);
      if (own.length === 0 && existsSync(model)) return undefined;
      // Two stages may have the same one.
      const once = [...new Map(own.map((digest) => [digest.file, digest])).values()];
      return once.sort((a, b) => (a.file < b.file ? -1 : 1));
    },
    tokenizer: (model, last) =>
      last >= stepsDone
        ? undefined
        : (inputs?.tokenizer ?? []).filter(({ file }) => file === before(model) || file === model).slice(0, 1),
  };
};

/** A dataset may be in a model's folder. */
const isIn = (model: string, file: string): boolean => dirname(file) === model && isModelFile(basename(file));

type DigestedConfig = Pick<RunConfig, 'model' | 'dataset' | 'evalDataset' | 'difficulty' | 'stages' | 'backend'>;

/** What stages read for themselves. */
function digestStages(stages: RunConfig['stages'], past?: PastModels): Pick<RunInputs, 'stages'> {
  const digests = (stages ?? []).flatMap((stage, index) => [
    ...(stage.dataset === undefined ? [] : datasetFiles(stage.dataset).map(digestFile)),
    ...('mix' in stage && stage.mix ? datasetFiles(stage.mix.dataset).map(digestFile) : []),
    ...('model' in stage ? (past?.files(stage.model, lastStepOf({ stages }, index)) ?? digestModel(stage.model)) : []),
  ]);
  return digests.length === 0 ? {} : { stages: digests };
}

/** Of a single file its digest alone, as release 0.1 recorded it. With solve rates, which decide on what of it is trained on. */
function digestDataset(named: RunConfig['dataset'], solveRates?: string): FileDigest | FileDigest[] {
  const files = [...datasetFiles(named), ...(solveRates !== undefined && existsSync(solveRates) ? [solveRates] : [])];
  const digests = files.map(digestFile);
  return digests.length === 1 ? digests[0]! : digests;
}

/** Whether two inputs have the same content, wherever they are. */
export function sameContent(a: Input, b: Input): boolean {
  return contentOf(a) === contentOf(b);
}

type Input = FileDigest | FileDigest[] | null;

/** The files of a model have names; a single file may be called anything. */
function contentOf(input: Input): string {
  if (input === null) return 'none';
  const text = ({ bytes, sha256, covers }: FileDigest) => `${bytes} ${covers} ${sha256}`;
  if (!Array.isArray(input)) return text(input);
  const [only] = input;
  if (input.length === 1 && only) return text(only);
  return input.map((digest) => `${basename(digest.file)} ${text(digest)}`).join('\n');
}
