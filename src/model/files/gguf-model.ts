import { BadInput } from '../../protocol/errors.ts';
import type { Architecture, GgufFile, GgufForm } from '../architectures/architecture.ts';
import { MOST_LAYERS } from '../architectures/decoder-fields.ts';
import { ARCHITECTURES } from '../architectures/table.ts';
import type { ModelConfig } from '../config.ts';
import { sizeOf } from '../shape.ts';
import { BLOCK_FORMATS } from './dequantize.ts';
import { type Gguf, type GgufTensor, readGgufBlocks, readGgufTensor } from './gguf.ts';
import { ROPE_TENSORS, ropeScaling } from './gguf-rope.ts';
import { blocksFromGguf, fromGguf, type InGguf, RMS_EPSILON, tensorsInGguf, wholeShape } from './gguf-tensors.ts';
import { type StoredBlocks, type StoredTensor, storedHalves } from './stored-tensor.ts';

/**
 * A GGUF file says of a model what `config.json` and the tensors' Hugging Face names say, in llama.cpp's words.
 *
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py, read backwards.
 */

/** `config.json`, as transformers would write it for this model. */
export function ggufConfig(gguf: Gguf): Record<string, unknown> {
  const { file, metadata } = gguf;
  const { className, modelType, gguf: form } = architectureOf(gguf);
  const find = (key: string) => {
    const value = metadata.get(`${form.name}.${key}`);
    return typeof value === 'number' || typeof value === 'string' ? value : undefined;
  };
  const need = (key: string): number => {
    const value = find(key);
    if (typeof value === 'number') return value;
    throw new BadInput(`the metadata has no number "${form.name}.${key}"; convert the model again`, { file });
  };
  const parts = metadata.get('split.count');
  if (typeof parts === 'number' && parts > 1) {
    const message = `this is one of ${parts} parts of a model; join them first: llama-gguf-split --merge`;
    throw new BadInput(message, { file });
  }
  if (Number(find('expert_count') ?? 0) > 0) {
    throw new BadInput('this is a mixture of experts, which is not supported; take a dense model', { file });
  }
  const opened = ggufFile(gguf);
  const layers = need('block_count');
  if (layers > MOST_LAYERS) {
    throw new BadInput(`"${form.name}.block_count" is ${layers}, but must be at most ${MOST_LAYERS}`, { file });
  }
  if (opened.flag('attention.causal') === false) {
    throw new BadInput(`"${form.name}.attention.causal" is false, but only causal attention is supported`, { file });
  }
  const heads = need('attention.head_count');
  const headDim = Number(find('attention.key_length') ?? need('embedding_length') / heads);
  const rotated = Number(find('rope.dimension_count') ?? headDim);
  const partial = rotated === headDim ? {} : { partial_rotary_factor: rotated / headDim };
  const theta = find('rope.freq_base') ?? 10_000;
  const scaling = ropeScaling(gguf, form, find);
  const common = {
    vocab_size: opened.rows('token_embd.weight'),
    hidden_size: need('embedding_length'),
    intermediate_size: mostOf(opened.list('feed_forward_length')) ?? need('feed_forward_length'),
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads:
      opened.number('attention.head_count_kv') ?? mostOf(opened.list('attention.head_count_kv')) ?? heads,
    head_dim: headDim,
    max_position_embeddings: need('context_length'),
    rms_norm_eps: need(form.epsilon ?? RMS_EPSILON),
    hidden_act: 'silu',
    tie_word_embeddings: !opened.has('output.weight'),
    rope_theta: theta,
    ...partial,
    rope_scaling: scaling,
  };
  return {
    architectures: [className],
    model_type: modelType,
    ...(form.fieldNames ? renamed(common, form.fieldNames) : common),
    ...form.fields({ ...opened, rope: { rope_type: 'default', rope_theta: theta, ...partial, ...scaling } }),
    ...tokenIds(gguf),
  };
}

const renamed = (fields: Record<string, unknown>, names: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(names).map(([name, own]) => [own, fields[name]]));

/** Some files have a number for each layer. Where they are not the same, the tensors' shapes tell, or those without any are of another kind. */
const mostOf = (counts: unknown[] | undefined): number | undefined => counts && Math.max(...counts.map(Number));

/** What architectures ask of a file. */
function ggufFile({ metadata, tensors }: Gguf): GgufFile {
  const value = (key: string) => metadata.get(`${metadata.get('general.architecture')}.${key}`);
  return {
    has: (name) => tensors.some((tensor) => tensor.name === name),
    rows: (name) => tensors.find((tensor) => tensor.name === name)?.shape[0],
    number(key) {
      const found = value(key);
      return typeof found === 'number' ? found : undefined;
    },
    flag(key) {
      const found = value(key);
      return typeof found === 'boolean' ? found : undefined;
    },
    list(key) {
      const found = value(key);
      return typeof found === 'function' ? found() : undefined;
    },
  };
}

function architectureOf(gguf: Gguf): Architecture & { gguf: GgufForm } {
  const { file, metadata } = gguf;
  const name = String(metadata.get('general.architecture'));
  const withForms = ARCHITECTURES.flatMap((one) => (one.gguf ? [{ ...one, gguf: one.gguf }] : []));
  const named = withForms.filter(({ gguf }) => gguf.name === name);
  const opened = ggufFile(gguf);
  const found = named.find(({ gguf }) => gguf.reads?.(opened)) ?? named.find(({ gguf }) => !gguf.reads);
  if (found) return found;
  const known = [...new Set(withForms.map(({ gguf }) => gguf.name))].join(', ');
  throw new BadInput(`the model's architecture is "${name}", but only ${known} are supported`, { file });
}

/** `generation_config.json`: every token that ends a completion. Chat models often end a turn with another token than a document. */
export function ggufGenerationConfig({ metadata }: Gguf): Record<string, unknown> {
  const ends = ['eos', 'eot', 'eom'].map((name) => metadata.get(`tokenizer.ggml.${name}_token_id`));
  return { eos_token_id: [...new Set(ends.filter((id) => id !== undefined))] };
}

function tokenIds({ metadata }: Gguf): Record<string, unknown> {
  const names = { bos_token_id: 'bos', eos_token_id: 'eos', pad_token_id: 'padding' };
  return Object.fromEntries(
    Object.entries(names).map(([field, name]) => [field, metadata.get(`tokenizer.ggml.${name}_token_id`) ?? null]),
  );
}

/** The tensors by their Hugging Face names, as transformers has them; a name that llama.cpp does not have for this model stays as it is. */
export function ggufWeights(gguf: Gguf, config: ModelConfig): StoredTensor[] {
  const stored = new Map(gguf.tensors.map((tensor) => [tensor.name, tensor]));
  for (const name of ROPE_TENSORS) stored.delete(name);
  const { gguf: form } = architectureOf(gguf);
  const found = [...tensorsInGguf(form, config)].flatMap(([name, place]) => {
    const parts = place.parts.flatMap(({ name }) => stored.get(name) ?? []);
    if (parts.length < place.parts.length) return [];
    for (const part of parts) stored.delete(part.name);
    return [storedTensor(name, place, parts)];
  });
  const others = [...stored.values()].filter(({ name }) => !form.passedOver?.(name, config));
  const unknown = others.map((tensor) => ({ ...tensor, read: () => readGgufTensor(tensor) }));
  return [...found, ...unknown];
}

function storedTensor(name: string, place: InGguf, parts: readonly GgufTensor[]): StoredTensor {
  const { file, dtype } = parts[0]!;
  const whole = wholeShape(
    place,
    parts.map((part) => part.shape),
  );
  return {
    ...{ name, file, dtype, shape: whole },
    read(into = new Float32Array(sizeOf(whole))) {
      let start = 0;
      for (const part of parts) {
        const size = sizeOf(part.shape);
        readGgufTensor(part, into.subarray(start, start + size));
        start += size;
      }
      return fromGguf(into, place);
    },
    stored: storedBlocks(place, parts),
    halves: isAsInFile(place, parts) ? storedHalves(parts[0]!) : undefined,
  };
}

const isAsInFile = ({ value, order }: InGguf, parts: readonly GgufTensor[]): boolean =>
  parts.length === 1 && !value && !order;

/** Undefined where they are not all in the same blocks, or their values do not stay together. */
function storedBlocks(place: InGguf, parts: readonly GgufTensor[]): StoredBlocks | undefined {
  const { dtype: type } = parts[0]!;
  if ((type !== 'Q8_0' && type !== 'Q4_0') || parts.some(({ dtype }) => dtype !== type)) return undefined;
  const arrange = blocksFromGguf(place, BLOCK_FORMATS[type]);
  return arrange && { type, read: () => arrange(joined(parts.map(readGgufBlocks))) };
}

const joined = (all: readonly Uint8Array[]): Uint8Array =>
  all.length === 1 ? all[0]! : new Uint8Array(Buffer.concat(all));
