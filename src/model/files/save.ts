import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolders } from '../../files/make-folders.ts';
import { temporaryName } from '../../files/temporary-name.ts';
import { BadInput } from '../../protocol/errors.ts';
import type { ModelConfig } from '../config.ts';
import { readAdapterConfig } from './adapter-files.ts';
import { asInFile, conv1dWeights, fileShapes } from './conv1d.ts';
import { writeFileFlushed, writeJsonFlushed } from './flushed-file.ts';
import { isGguf } from './gguf.ts';
import { readArchitecture } from './model-config.ts';
import { MODEL_FILES, modelFilePath, readModelFile } from './model-files.ts';
import { type NamedTensor, type WeightDtype, writeSafetensors } from './safetensors-writer.ts';
import { embeddingWeight } from './tensor-names.ts';
import { keepTokenizerClass } from './tokenizer-class.ts';
import { WEIGHTS_FILE } from './weights.ts';

export interface ModelToSave {
  /** The folder or .gguf file that the model was loaded from: config, tokenizer and chat template are taken from there. */
  source: string;
  config: ModelConfig;
  /** Every tensor of `parameterShapes(config)`, in any order; consumed one at a time. */
  weights: Iterable<NamedTensor> | AsyncIterable<NamedTensor>;
  /** Of every tensor, or of each. */
  dtype: WeightDtype | ((name: string) => WeightDtype);
}

/** transformers opens no model in whose config.json these are integers, and JSON.stringify writes 30.0 as 30. */
const WHOLE_FLOATS =
  /("(?:final_logit_softcapping|attn_logit_softcapping|initializer_range|rms_norm_eps)": -?\d+)(?=,?\n)/g;

/** What belongs to a model besides its config and weights. */
const COMPANIONS = [
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
  'chat_template.jinja',
  'chat_templates',
];

/** Saves a Hugging Face folder that transformers, TRL, vLLM and llama.cpp open. It appears under its name only when complete. */
export function saveModelFolder(folder: string, model: ModelToSave): Promise<void> {
  return replaceFolder(folder, (temporary) => writeModelFiles(temporary, model));
}

/** Writes the model's files into an existing folder, where a checkpoint adds files of its own. */
export async function writeModelFiles(folder: string, { source, config, weights, dtype }: ModelToSave): Promise<void> {
  const json = readModelFile(source, 'config.json');
  if (!json) {
    const file = modelFilePath(source, 'config.json');
    throw new BadInput('the file is missing, so the model cannot be saved', { file });
  }
  // transformers 5 calls the field dtype; 4 called it torch_dtype.
  const field = 'torch_dtype' in json ? 'torch_dtype' : 'dtype';
  // What the file means where it does not say it depends on the architecture.
  const meant = readArchitecture(source).describe(json, modelFilePath(source, 'config.json')).tieEmbeddings;
  const says = [json.tie_word_embeddings ?? false, meant].every((tied) => tied === config.tieEmbeddings);
  const changed = {
    ...json,
    [field]: typeof dtype === 'string' ? dtype : (json[field] ?? dtype(embeddingWeight(config))),
    ...(!says && { tie_word_embeddings: config.tieEmbeddings }),
  };
  writeFileFlushed(join(folder, 'config.json'), `${JSON.stringify(changed, null, 2).replace(WHOLE_FLOATS, '$1.0')}\n`);
  copyCompanions(source, folder);
  await writeSafetensors(join(folder, WEIGHTS_FILE), fileShapes(config), tensorsInFile(weights, config), dtype);
}

async function* tensorsInFile(weights: ModelToSave['weights'], config: ModelConfig): AsyncGenerator<NamedTensor> {
  const transposed = conv1dWeights(config);
  for await (const tensor of weights) yield asInFile(tensor, transposed);
}

/** Copies tokenizer, chat template and their like to where a model's weights are. */
export function copyCompanions(source: string, folder: string): void {
  const adapter = readAdapterConfig(source);
  if (adapter) copyCompanions(adapter.base, folder);
  if (isGguf(source)) {
    for (const name of MODEL_FILES) {
      if (name !== 'config.json') writeJsonFlushed(join(folder, name), readModelFile(source, name)!);
    }
  }
  for (const name of COMPANIONS) {
    const from = join(source, name);
    if (existsSync(from)) cpSync(from, join(folder, name), { recursive: true });
  }
  keepTokenizerClass(source, folder);
}

/**
 * Fills a temporary folder next to `folder` by `write`, then renames it into place; an older folder of that name is replaced.
 * When `write` fails, nothing is left behind.
 */
export async function replaceFolder(folder: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = temporaryName(folder);
  // Hidden: a folder NAME.old is the user's.
  const old = join(dirname(folder), `.${basename(folder)}.old`);
  makeFolders(dirname(folder));
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary);
  try {
    await write(temporary);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  // A folder cannot be renamed onto a full one.
  rmSync(old, { recursive: true, force: true });
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(temporary, folder);
  rmSync(old, { recursive: true, force: true });
}
