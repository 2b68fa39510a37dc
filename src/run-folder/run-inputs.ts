import { existsSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { datasetFiles } from '../files/dataset-files.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { FileDigest, RunInfo, RunInputs, TokenizerDigest } from '../protocol/run-folder.ts';
import { digestFile, digestModel } from './file-digest.ts';

/** What is known of a model that is no longer there. */
interface GoneModels {
  files(model: string): FileDigest[];
  tokenizer(model: string): TokenizerDigest | undefined;
}

/** Reads a model's tokenizer; model files are not this folder's business. */
export type DigestTokenizer = (model: string) => TokenizerDigest;

/**
 * What a run reads besides its rewards, by content. All of it must exist, except for models that `gone` knows. Without `digestTokenizer`
 * nothing is said of tokenizers, nor of one that TRL makes.
 */
export const digestInputs = (
  { model, dataset, evalDataset, difficulty, stages, backend }: DigestedConfig,
  rollouts: string | undefined,
  { gone, digestTokenizer }: { gone?: GoneModels; digestTokenizer?: DigestTokenizer } = {},
): RunInputs => ({
  dataset: digestDataset(dataset, difficulty?.file),
  evalDataset: evalDataset === null ? null : digestDataset(evalDataset),
  rollouts: rollouts === undefined ? null : digestFile(rollouts),
  model: digestIfThere(model, gone),
  ...digestStages(stages, gone),
  ...(digestTokenizer &&
    backend !== 'trl' && {
      tokenizer: modelsOf({ model, stages }).flatMap(
        (one) => (gone && !existsSync(one) ? gone.tokenizer(one) : digestTokenizer(one)) ?? [],
      ),
    }),
});

const modelsOf = ({ model, stages }: Pick<RunConfig, 'model' | 'stages'>): string[] => [
  ...new Set([model, ...(stages ?? []).flatMap((stage) => ('model' in stage ? [stage.model] : []))]),
];

/** The digests that a run has recorded of models, by where they would be now: `directory` is its config's folder today. */
export const recordedModels = (
  { configFile, inputs }: Pick<RunInfo, 'configFile' | 'inputs'>,
  directory: string,
): GoneModels => {
  const before = (model: string) => resolve(dirname(configFile), relative(directory, model));
  return {
    files: (model) => {
      const was = before(model);
      const files = [...(inputs?.model ?? []), ...(inputs?.stages ?? [])];
      const own = files.filter(({ file }) => file === was || dirname(file) === was);
      return [...new Map(own.map((digest) => [digest.file, digest])).values()];
    },
    tokenizer: (model) => inputs?.tokenizer?.find(({ file }) => file === before(model)),
  };
};

const digestIfThere = (model: string, gone?: GoneModels): FileDigest[] =>
  gone && !existsSync(model) ? gone.files(model) : digestModel(model);

type DigestedConfig = Pick<RunConfig, 'model' | 'dataset' | 'evalDataset' | 'difficulty' | 'stages' | 'backend'>;

/** What stages read for themselves. */
function digestStages(stages: RunConfig['stages'], gone?: GoneModels): Pick<RunInputs, 'stages'> {
  const digests = (stages ?? []).flatMap((stage) => [
    ...(stage.dataset === undefined ? [] : datasetFiles(stage.dataset).map(digestFile)),
    ...('mix' in stage && stage.mix ? datasetFiles(stage.mix.dataset).map(digestFile) : []),
    ...('model' in stage ? digestIfThere(stage.model, gone) : []),
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
