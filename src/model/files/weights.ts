import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BadInput } from '../../protocol/errors.ts';
import type { Quantization } from '../../protocol/quantization.ts';
import type { ModelConfig } from '../config.ts';
import { parameterShapes } from '../parameters.ts';
import { quantizedNames } from '../quantized.ts';
import { adaptedTensors } from './adapted-weights.ts';
import { readAdapterConfig } from './adapter-files.ts';
import { asInModel, conv1dWeights } from './conv1d.ts';
import { finite } from './finite.ts';
import { isGguf, readGguf } from './gguf.ts';
import { ggufWeights } from './gguf-model.ts';
import { readJsonObject } from './json-file.ts';
import { readArchitecture, readModelConfig } from './model-config.ts';
import { readRounded } from './quantized-rows.ts';
import { isSupportedDtype, readSafetensorsHeader, sameBytes, type TensorEntry } from './safetensors.ts';
import { type StoredTensor, storedTensor, withValues } from './stored-tensor.ts';
import { causalLmNames, embeddingWeight, HEAD_WEIGHT, wrapperOf } from './tensor-names.ts';
import { otherParts, textPrefix, textTensors } from './text-part.ts';

export interface Weight {
  shape: number[];
  data: Float32Array;
}

/** A folder's weights, if they are not in shards. */
export const WEIGHTS_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';

/**
 * Which weights an adapter that is merged into them is added to, where it was trained on a base in 8 or 4 bits: those that they had been
 * rounded to, with which the model computes what it did in training, or its own.
 */
export type MergedInto = 'as-trained' | 'original';

/**
 * The weights of a Hugging Face folder or a .gguf file, one after another in the order of `parameterShapes`, as float32. Everything that can
 * be wrong with the files but for values that are not finite is found from their headers, before memory for the first tensor is taken.
 */
export function* loadWeights(
  model: string,
  config: ModelConfig,
  into: MergedInto = 'as-trained',
): Generator<[name: string, weight: Weight]> {
  for (const [name, tensor] of checkWeights(model, config, into))
    yield [name, { shape: tensor.shape, data: readFinite(tensor) }];
}

/** A tensor's values, in the given place, if there is one. */
export const readFinite = (tensor: StoredTensor, place?: Float32Array): Float32Array =>
  finite(tensor.read(place), tensor);

/** Checks that the model's files hold exactly the tensors of the config, and says where each is. */
export function checkWeights(
  model: string,
  config: ModelConfig,
  into: MergedInto = 'as-trained',
): Map<string, StoredTensor> {
  const single = join(model, WEIGHTS_FILE);
  const source = isGguf(model) ? model : existsSync(single) ? single : join(model, INDEX_FILE);
  const described = isGguf(model) ? 'the metadata' : 'config.json';
  const entries = storedTensors(model, config, into);
  const shapes = parameterShapes(config);

  const missing = [...shapes.keys()].filter((name) => !entries.has(name));
  if (missing.length > 0) {
    const wrapper = wrapperOf([...entries.keys()].find((name) => !shapes.has(name)) ?? '');
    const hint =
      missing[0] === HEAD_WEIGHT
        ? 'set "tie_word_embeddings" to true in config.json if the model has none'
        : wrapper !== undefined
          ? `the file's names begin with "${wrapper}", which is not the model's: save the model that is wrapped, not its wrapper`
          : `${described} and the weights must come from the same model`;
    throw new BadInput(`${list('tensor', missing)} missing from the weights; ${hint}`, { file: source });
  }
  const leftOver = [...entries.keys()].filter((name) => !shapes.has(name));
  if (leftOver.length > 0) {
    const message = `${list('tensor', leftOver)} in the weights but not part of the model that ${described} describes`;
    throw new BadInput(message, { file: entries.get(leftOver[0]!)!.file });
  }
  const wrong = [...shapes].filter(([name, shape]) => entries.get(name)!.shape.join() !== shape.join());
  if (wrong.length > 0) {
    const [name, shape] = wrong[0]!;
    const { file, shape: actual } = entries.get(name)!;
    const asInFile = (sizes: readonly number[]) => (conv1dWeights(config).has(name) ? sizes.toReversed() : sizes);
    const others = wrong.length > 1 ? ` (and ${wrong.length - 1} more tensors do not fit)` : '';
    const message = `tensor "${name}" is [${asInFile(actual).join(', ')}], but ${described} asks for [${asInFile(shape).join(', ')}]${others}`;
    throw new BadInput(message, { file });
  }
  for (const { name, dtype, file } of entries.values()) {
    if (!isGguf(file) && !isSupportedDtype(dtype)) {
      throw new BadInput(`tensor "${name}" has dtype ${dtype}, but only F32, F16 and BF16 are supported`, { file });
    }
  }
  return new Map([...shapes.keys()].map((name) => [name, entries.get(name)!]));
}

function storedTensors(model: string, config: ModelConfig, into: MergedInto): Map<string, StoredTensor> {
  if (isGguf(model)) return ggufEntries(model, config);
  const adapter = readAdapterConfig(model);
  if (!adapter) return folderEntries(model, config);
  const own = readModelConfig(adapter.base);
  const base = checkWeights(adapter.base, own);
  return adaptedTensors(model, adapter, own, into === 'original' ? base : roundedBase(base, own, adapter.quantization));
}

/** A base with the values that its weights have once they are quantized. */
function roundedBase(
  base: Map<string, StoredTensor>,
  config: ModelConfig,
  quantization: Quantization | undefined,
): Map<string, StoredTensor> {
  if (!quantization) return base;
  const quantized = quantizedNames(config);
  const rounded = (tensor: StoredTensor) => withValues(tensor, (into) => readRounded(tensor, quantization, into));
  return new Map([...base].map(([name, tensor]) => [name, quantized.has(name) ? rounded(tensor) : tensor]));
}

function ggufEntries(file: string, config: ModelConfig): Map<string, StoredTensor> {
  return byName(ggufWeights(readGguf(file), config));
}

function folderEntries(folder: string, config: ModelConfig): Map<string, StoredTensor> {
  const known = new Set(parameterShapes(config).keys());
  const stored = readEntries(folder).values();
  const own = textPrefix(folder) === undefined ? [...stored] : textTensors(stored);
  const { passedOver } = readArchitecture(folder);
  const named = causalLmNames(own, known, config);
  const entries = byName(named.filter(({ name }) => known.has(name) || !passedOver?.test(name)));
  if (config.tieEmbeddings) dropTiedHead(entries, embeddingWeight(config));
  const transposed = conv1dWeights(config);
  return new Map([...entries].map(([name, entry]) => [name, asInModel(storedTensor(entry), transposed)]));
}

/** What a model's files have besides a language model, which is all that is loaded: `vision_tower (438 tensors)`. */
export function notLoaded(model: string): string[] {
  const folder = readAdapterConfig(model)?.base ?? model;
  return isGguf(folder) || textPrefix(folder) === undefined ? [] : otherParts(readEntries(folder).keys());
}

function readEntries(folder: string): Map<string, TensorEntry> {
  const single = join(folder, WEIGHTS_FILE);
  if (existsSync(single)) return byName(readSafetensorsHeader(single));
  const index = readJsonObject(join(folder, INDEX_FILE));
  if (index) return readShards(folder, index);
  throw noWeights(folder);
}

/**
 * A sharded model. Its index maps each tensor to the file, in the same folder, that holds it; as in transformers, it only says which files
 * belong to the model: a stale one may name tensors that are no longer there, as a head that was tied since.
 */
function readShards(folder: string, index: Record<string, unknown>): Map<string, TensorEntry> {
  const file = join(folder, INDEX_FILE);
  const map = index.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new BadInput('"weight_map" must be an object from tensor names to file names; download it again', { file });
  }
  for (const [name, shard] of Object.entries(map)) {
    // A name with a folder in it could make us read outside the model.
    const isPlainName = typeof shard === 'string' && basename(shard) === shard && !shard.includes('\\');
    if (!isPlainName || !shard.endsWith('.safetensors')) {
      const message = `"weight_map" puts "${name}" into ${JSON.stringify(shard)}, which is not the name of a .safetensors file`;
      throw new BadInput(message, { file });
    }
    if (!existsSync(join(folder, shard))) {
      throw new BadInput(`the shard ${shard} is missing from the folder; download it again`, { file });
    }
  }
  const shards = [...new Set(Object.values(map) as string[])].map((shard) => join(folder, shard));
  return byName(shards.flatMap(readSafetensorsHeader));
}

function byName<T extends { name: string; file: string }>(entries: T[]): Map<string, T> {
  const map = new Map<string, T>();
  for (const entry of entries) {
    const first = map.get(entry.name);
    if (first) {
      throw new BadInput(`tensor "${entry.name}" is in ${basename(first.file)} too; remove one`, { file: entry.file });
    }
    map.set(entry.name, entry);
  }
  return map;
}

/** Some tools save a tied head as well as the embedding that it equals. If the two differ, the config is wrong about the model. */
function dropTiedHead(entries: Map<string, TensorEntry>, embeddingName: string): void {
  const head = entries.get(HEAD_WEIGHT);
  const embedding = entries.get(embeddingName);
  if (!head || !embedding) return;
  if (!sameBytes(head, embedding)) {
    const message = `"${HEAD_WEIGHT}" differs from the embeddings, but config.json ties them; set "tie_word_embeddings" to false there`;
    throw new BadInput(message, { file: head.file });
  }
  entries.delete(HEAD_WEIGHT);
}

/** Pickles that transformers' trainer writes beside the weights. */
const OF_A_TRAINER = /^(optimizer|scheduler|scaler|training_args|rng_state)/;

function noWeights(folder: string): BadInput {
  const files = readdirSync(folder);
  const others = files.filter((name) => name.endsWith('.safetensors'));
  if (others.length > 0) {
    const message = `this folder has ${others.length > 1 ? `${others.length} .safetensors files` : others[0]}, but neither ${WEIGHTS_FILE} nor ${INDEX_FILE}, which says what shards belong together; download the missing one`;
    return new BadInput(message, { file: folder, isFolder: true });
  }
  const pickles = files.filter((name) => /\.(bin|pt|pth|ckpt)$/.test(name) && !OF_A_TRAINER.test(name));
  if (pickles.length === 0) {
    return new BadInput(`this folder has no ${WEIGHTS_FILE}; give a complete Hugging Face model folder`, {
      file: folder,
      isFolder: true,
    });
  }
  // Unpickling runs code from the file. torch's weights_only loader, which transformers uses, does not.
  const convert = `from transformers import AutoModelForCausalLM as M; M.from_pretrained('.').save_pretrained('.')`;
  const message = `${pickles[0]} is a Python pickle, which can run code and is never loaded; add safe weights beside it, from within this folder: python -c "${convert}"`;
  return new BadInput(message, { file: folder, isFolder: true });
}

/** `tensors "a", "b", "c" and 4 more are`, for the first few of many names. */
function list(noun: string, names: string[]): string {
  const shown = names.slice(0, 3).map((name) => `"${name}"`);
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  return `${noun}${names.length > 1 ? 's' : ''} ${shown.join(', ')}${more} ${names.length > 1 ? 'are' : 'is'}`;
}
