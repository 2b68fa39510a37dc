/** A model with an adapter merged into it: its tensors are read as W + scale · B·A, so that no other code needs to know of the adapter. */
import { BadInput } from '../../protocol/errors.ts';
import type { ModelConfig } from '../config.ts';
import { adaptedModules, changesVocabulary, type ModuleAdapter } from '../lora-targets.ts';
import { embeddingName, HEAD } from '../modules.ts';
import { adapterShapes } from '../parameters.ts';
import { type AdapterConfig, adapterEntries, savedName } from './adapter-files.ts';
import { asInModel, conv1dWeights, fileShapes } from './conv1d.ts';
import { finite } from './finite.ts';
import { addToColumns, addToRows } from './merge.ts';
import { isSupportedDtype, readTensor, sameBytes, type TensorEntry } from './safetensors.ts';
import { type StoredTensor, storedTensor, withValues } from './stored-tensor.ts';

/** The tensors of `base`, whose config `model` is, with the adapter in `folder` merged into them. */
export function adaptedTensors(
  folder: string,
  { lora }: AdapterConfig,
  model: ModelConfig,
  base: ReadonlyMap<string, StoredTensor>,
): Map<string, StoredTensor> {
  const adapted = { ...model, lora };
  const { adapter, copies, replacements } = checkedEntries(folder, adapted);
  const tensors = new Map(base);
  const transposed = conv1dWeights(model);
  const put = (name: string, entry: TensorEntry) => {
    const { read } = asInModel({ ...storedTensor(entry), name }, transposed);
    tensors.set(
      name,
      withValues(tensors.get(name)!, (into) => finite(read(into), entry)),
    );
  };
  for (const [name, entry] of replacements) put(name, entry);
  if (model.tieEmbeddings && changesVocabulary(adapted)) {
    tensors.set(`${HEAD}.weight`, { ...tensors.get(`${embeddingName(model)}.weight`)!, name: `${HEAD}.weight` });
  }
  for (const [name, entry] of copies) put(name, entry);
  for (const [module, { r, scale }] of adaptedModules(adapted)) {
    const name = `${module}.weight`;
    const tensor = tensors.get(name)!;
    const part = (kind: string) => adapter.get(`${module}.${kind}`);
    tensors.set(
      name,
      withValues(tensor, (into) => merged(tensor, into, { r, scale }, part)),
    );
  }
  return tensors;
}

const reader = (entry: TensorEntry) => (into?: Float32Array) => finite(readTensor(entry, into), entry);

function merged(
  { shape, read }: StoredTensor,
  into: Float32Array | undefined,
  numbers: ModuleAdapter,
  part: (kind: string) => TensorEntry | undefined,
): Float32Array {
  const valuesOf = (entry: TensorEntry | undefined) => entry && reader(entry)();
  const magnitudes = valuesOf(part('lora_magnitude_vector'));
  const weight = read(into);
  const embedding = part('lora_embedding_A');
  if (embedding) {
    const [a, b] = [valuesOf(embedding)!, valuesOf(part('lora_embedding_B'))!];
    return addToColumns(weight, shape, { ...numbers, a, b, magnitudes });
  }
  const [a, b] = [valuesOf(part('lora_A.weight'))!, valuesOf(part('lora_B.weight'))!];
  return addToRows(weight, shape, { ...numbers, a, b, magnitudes });
}

interface AdapterEntries {
  /** The adapter's own tensors, by their names. */
  adapter: Map<string, TensorEntry>;
  /** What modules that were trained in full have become, by the names of the model's tensors. */
  copies: Map<string, TensorEntry>;
  /** What PEFT puts in the place of the model's own tensors before it adds anything: biases, and the weights of embeddings with an adapter. */
  replacements: Map<string, TensorEntry>;
}

/** The file's tensors, if they are those that the config asks for. PEFT silently ignores others. */
function checkedEntries(folder: string, model: ModelConfig): AdapterEntries {
  const found = adapterEntries(folder);
  const left = new Map(found.map((entry) => [entry.name, entry]));
  const [adapter, copies, replacements] = [new Map(), new Map(), new Map()] as Map<string, TensorEntry>[];
  for (const [name, shape] of adapterShapes(model)) {
    const saved = savedName(name);
    const entry = left.get(saved);
    if (!entry) {
      const message = `tensor "${saved}" is missing from the adapter that adapter_config.json describes; both must come from the same adapter`;
      throw new BadInput(message, { file: found[0]?.file ?? folder });
    }
    checkEntry(entry, shape);
    (name === saved ? adapter! : copies!).set(saved, entry);
    left.delete(saved);
  }

  const targets = adaptedModules(model);
  const { lora: _, ...bare } = model;
  const own = fileShapes({ ...bare, tieEmbeddings: false });
  for (const [saved, entry] of left) {
    const name = saved.replace('.base_layer.', '.');
    const shape = own.get(name);
    const isWrapped = targets.has(name.replace(/\.(weight|bias)$/, ''));
    if (!shape || isWrapped !== saved.includes('.base_layer.') || copies!.has(name)) {
      const message = `tensor "${saved}" is not part of the adapter that adapter_config.json describes; both must come from the same adapter`;
      throw new BadInput(message, { file: entry.file });
    }
    checkEntry(entry, shape);
    replacements!.set(name, entry);
  }
  if (model.tieEmbeddings) shareTied(replacements!, embeddingName(model));
  return { adapter: adapter!, copies: copies!, replacements: replacements! };
}

/** In PEFT's model the two are one: what replaces either replaces both. */
function shareTied(replacements: Map<string, TensorEntry>, embeddingModule: string): void {
  const [embedding, head] = [embeddingModule, HEAD].map((module) => replacements.get(`${module}.weight`));
  if (embedding && head && !sameBytes(embedding, head)) {
    const message = `"${HEAD}" differs from the embeddings in the adapter, but the model's config.json ties them`;
    throw new BadInput(message, { file: head.file });
  }
  if (head) replacements.set(`${embeddingModule}.weight`, head);
  replacements.delete(`${HEAD}.weight`);
}

function checkEntry({ name, file, dtype, shape }: TensorEntry, wanted: readonly number[]): void {
  if (shape.join() !== wanted.join()) {
    const message = `tensor "${name}" is [${shape.join(', ')}], but the model and adapter_config.json ask for [${wanted.join(', ')}]`;
    throw new BadInput(message, { file });
  }
  if (!isSupportedDtype(dtype)) {
    throw new BadInput(`tensor "${name}" has dtype ${dtype}, but only F32, F16 and BF16 are supported`, { file });
  }
}
