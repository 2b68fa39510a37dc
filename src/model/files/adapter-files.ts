import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ADAPTER_CONFIG_FILE, isAdapterFolder } from '../../files/adapter-folder.ts';
import { BadInput } from '../../protocol/errors.ts';
import { ALL_LINEAR, inOrder, type Lora } from '../../protocol/lora-config.ts';
import { QUANTIZATIONS, type Quantization } from '../../protocol/quantization.ts';
import { writeJsonFlushed } from './flushed-file.ts';
import { readJsonObject } from './json-file.ts';
import { parsePeftConfig, peftFields } from './peft-config.ts';
import { BLOCKS } from './quantized-rows.ts';
import { readSafetensorsHeader, type TensorEntry } from './safetensors.ts';
import { type NamedTensor, type WeightDtype, writeSafetensors } from './safetensors-writer.ts';
import { textName, textPrefix } from './text-part.ts';

/** PEFT's folder of an adapter: its config, which names the model that it belongs to, and its tensors. */
const TENSOR_FILE = 'adapter_model.safetensors';
const PICKLE_FILE = 'adapter_model.bin';
/** All that an adapter's folder must have. */
export const ADAPTER_FILES: readonly string[] = [ADAPTER_CONFIG_FILE, TENSOR_FILE];
/** Beside PEFT's own, whose config has no place for it. */
const QUANTIZATION_FILE = 'base_quantization.json';
/** Those that an adapter's folder has, with the note of what it was trained on. */
export const adapterFiles = (folder: string): string[] =>
  [...ADAPTER_FILES, QUANTIZATION_FILE].filter((name) => existsSync(join(folder, name)));
/** What PEFT puts before the model's own names. */
const PREFIX = 'base_model.model.';

/** What an adapter is made for, and of. */
export interface AdapterConfig {
  /** The path of its model. */
  base: string;
  lora: Lora;
  /** What the model's weights were rounded to while the adapter was trained; undefined: they were not. */
  quantization?: Quantization | undefined;
  /** Its model's linear layers are transformers' Conv1D. */
  conv1d?: boolean | undefined;
}

export const adapterConfigFile = (folder: string): string => join(folder, ADAPTER_CONFIG_FILE);

/** The adapter in `folder`; undefined when it holds none. */
export function readAdapterConfig(folder: string): AdapterConfig | undefined {
  const config = readWithoutModel(folder);
  if (!config) return undefined;
  const { base, lora } = config;
  if (!existsSync(base) || isAdapterFolder(base)) {
    const message = `the adapter's model is not at ${base}; correct "base_model_name_or_path" to the path of the model that it was trained on`;
    throw new BadInput(message, { file: adapterConfigFile(folder) });
  }
  return { base: resolve(base), lora, quantization: readQuantization(folder) };
}

/** What the model of the adapter in `folder` was rounded to; undefined: it was not, or this is no adapter of ours. */
export function readQuantization(folder: string): Quantization | undefined {
  const file = join(folder, QUANTIZATION_FILE);
  const json = readJsonObject(file);
  if (!json) return undefined;
  const known = QUANTIZATIONS.find((one) => one === json.quantization);
  if (known) return known;
  throw new BadInput(`"quantization" must be one of ${QUANTIZATIONS.map((one) => `"${one}"`).join(' and ')}`, { file });
}

/** What the adapter in `folder` is made of, wherever its model is now; undefined when it holds none. */
export const readLora = (folder: string): Lora | undefined => readWithoutModel(folder)?.lora;

function readWithoutModel(folder: string): AdapterConfig | undefined {
  const file = adapterConfigFile(folder);
  const json = isAdapterFolder(folder) && readJsonObject(file);
  return json ? parsePeftConfig(json, file) : undefined;
}

/** The adapter's tensors by our names, but for the copies of modules that were trained in full, which have the names of the model's own. */
export function adapterEntries(folder: string): TensorEntry[] {
  const file = join(folder, TENSOR_FILE);
  if (!existsSync(file)) {
    const pickle = existsSync(join(folder, PICKLE_FILE));
    const message = pickle
      ? `${PICKLE_FILE} is a Python pickle, which can run code and is never loaded; save the adapter again with PEFT, which writes ${TENSOR_FILE}`
      : `the adapter's tensors are missing: there is no ${TENSOR_FILE}`;
    throw new BadInput(message, { file: folder, isFolder: true });
  }
  return readSafetensorsHeader(file).map((entry) => ({ ...entry, name: textName(entry.name.replace(PREFIX, '')) }));
}

/**
 * Puts an adapter for the model at `base` into an existing folder, as PEFT's `save_pretrained` does. For a multimodal model its names are those of
 * the whole, where a list of endings would mean modules of the vision part as well: so each module is named.
 */
export async function writeAdapterFiles(
  folder: string,
  { base, lora, quantization, conv1d = false }: AdapterConfig,
  tensors: readonly NamedTensor[],
  dtype: WeightDtype,
): Promise<void> {
  const prefix = textPrefix(base);
  const nameIn = (name: string) => (prefix === undefined ? name : name.replace(/^model\./, prefix));
  const targetModules = lora.targetModules === ALL_LINEAR ? adaptedNames(tensors) : lora.targetModules;
  const own = prefix === undefined ? { ...lora, targetModules } : ofWhole(lora, tensors, nameIn);
  writeJsonFlushed(join(folder, ADAPTER_CONFIG_FILE), peftFields(base, own, conv1d));
  if (quantization) writeJsonFlushed(join(folder, QUANTIZATION_FILE), { quantization, blocks: BLOCKS[quantization] });
  const named = tensors.map(([name, shape, values]) => [PREFIX + nameIn(savedName(name)), shape, values] as const);
  await writeSafetensors(join(folder, TENSOR_FILE), new Map(named.map(([name, shape]) => [name, shape])), named, dtype);
}

/** The last names of the modules with an adapter: PEFT lists those that "all-linear" means. */
function adaptedNames(tensors: readonly NamedTensor[]): string[] {
  const names = tensors.map(([name]) => /([^.]+)\.lora_A\.weight$/.exec(name)?.[1]);
  return inOrder([...new Set(names.filter((name) => name !== undefined))]);
}

/** The same adapter with the names that its modules have in the whole model. */
function ofWhole(lora: Lora, tensors: readonly NamedTensor[], nameIn: (name: string) => string): Lora {
  const modules = tensors.flatMap(([name]) => /^(.*)\.lora_(?:embedding_)?A(?:\.weight)?$/.exec(name)?.[1] ?? []);
  const patterns = (values: Record<string, number>) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key.replace(/^(\^?)model(\\?\.)/, (_, start, dot) => `${start}${nameIn('model.').slice(0, -1)}${dot}`),
        value,
      ]),
    );
  return {
    ...lora,
    targetModules: modules.map(nameIn),
    ...{ excludeModules: null, layersToTransform: null, layersPattern: null },
    rankPattern: patterns(lora.rankPattern),
    alphaPattern: patterns(lora.alphaPattern),
  };
}

/** What the file has an adapter's tensor under: the copy of a module that is trained in full has the module's own name there. */
export const savedName = (name: string): string => name.replace('.modules_to_save.', '.');
