import { BadInput } from '../../protocol/errors.ts';
import type { Architecture, GgufForm } from '../architectures/architecture.ts';
import { ARCHITECTURES } from '../architectures/table.ts';
import type { ModelConfig } from '../config.ts';
import { modulesOf } from '../modules.ts';
import { type Gguf, type GgufTensor, readGgufBlocks, readGgufTensor } from './gguf.ts';
import type { StoredBlocks, StoredTensor } from './stored-tensor.ts';

/**
 * A GGUF file says of a model what `config.json` and the tensors' Hugging Face names say, in llama.cpp's words.
 *
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py, read backwards.
 */

/** Llama 3's stretched frequencies, as a tensor. */
export const ROPE_FACTORS = 'rope_freqs.weight';

/** `config.json`, as transformers would write it for this model. */
export function ggufConfig(gguf: Gguf): Record<string, unknown> {
  const { file, metadata, tensors } = gguf;
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
  const has = (name: string) => tensors.some((tensor) => tensor.name === name);
  const number = (key: string) => {
    const value = find(key);
    return typeof value === 'number' ? value : undefined;
  };
  const list = (key: string) => {
    const value = metadata.get(`${form.name}.${key}`);
    return typeof value === 'function' ? value() : undefined;
  };
  const heads = need('attention.head_count');
  const headDim = Number(find('attention.key_length') ?? need('embedding_length') / heads);
  const rotated = Number(find('rope.dimension_count') ?? headDim);
  const embedding = tensors.find(({ name }) => name === 'token_embd.weight');

  return {
    architectures: [className],
    model_type: modelType,
    vocab_size: embedding?.shape[0],
    hidden_size: need('embedding_length'),
    intermediate_size: need('feed_forward_length'),
    num_hidden_layers: need('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: find('attention.head_count_kv') ?? heads,
    head_dim: headDim,
    max_position_embeddings: need('context_length'),
    rms_norm_eps: need('attention.layer_norm_rms_epsilon'),
    hidden_act: 'silu',
    tie_word_embeddings: !has('output.weight'),
    rope_theta: find('rope.freq_base') ?? 10_000,
    ...(rotated !== headDim && { partial_rotary_factor: rotated / headDim }),
    rope_scaling: ropeScaling(gguf, find),
    ...form.fields({ has, number, list }),
    ...tokenIds(gguf),
  };
}

function architectureOf({ file, metadata }: Gguf): Architecture & { gguf: GgufForm } {
  const name = String(metadata.get('general.architecture'));
  const withForms = ARCHITECTURES.flatMap((one) => (one.gguf ? [{ ...one, gguf: one.gguf }] : []));
  const found = withForms.find(({ gguf }) => gguf.name === name);
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

function ropeScaling(gguf: Gguf, find: (key: string) => unknown): Record<string, unknown> | null {
  const type = find('rope.scaling.type') ?? 'none';
  if (type !== 'none') {
    const message = `"rope.scaling.type" is "${type}", which is not supported in GGUF files; take the Hugging Face folder of this model`;
    throw new BadInput(message, { file: gguf.file });
  }
  const tensor = gguf.tensors.find(({ name }) => name === ROPE_FACTORS);
  return tensor ? llama3Scaling(tensor, Number(find('rope.freq_base'))) : null;
}

/**
 * llama.cpp keeps only what each frequency is divided by. The formula behind it has four numbers; of every released Llama 3 they are
 * these, except for the factor, which is the largest divisor. Anything else is recognised as such and refused.
 */
function llama3Scaling(tensor: GgufTensor, theta: number): Record<string, unknown> {
  const divisors = readGgufTensor(tensor);
  const [low, high, original] = [1, 4, 8192];
  const factor = Math.max(...divisors);
  divisors.forEach((divisor, pair) => {
    const wavelength = 2 * Math.PI * theta ** (pair / divisors.length);
    const smooth = Math.min(1, Math.max(0, (original / wavelength - low) / (high - low)));
    if (Math.abs(divisor * ((1 - smooth) / factor + smooth) - 1) > 1e-4) {
      const message = `"${ROPE_FACTORS}" is not that of a Llama 3 model, and other rope scalings are not supported; take the Hugging Face folder of this model`;
      throw new BadInput(message, { file: tensor.file });
    }
  });
  return {
    rope_type: 'llama3',
    factor,
    low_freq_factor: low,
    high_freq_factor: high,
    original_max_position_embeddings: original,
  };
}

/** The tensors by their Hugging Face names, as transformers has them; a name that llama.cpp does not have for this model stays as it is. */
export function ggufWeights(gguf: Gguf, config: ModelConfig): StoredTensor[] {
  const modules = new Map(modulesOf(config).flatMap((module) => (module.gguf ? [[module.gguf, module]] : [])));
  const { shuffled } = architectureOf(gguf).gguf;
  return gguf.tensors
    .filter(({ name }) => name !== ROPE_FACTORS)
    .map((tensor) => {
      const [, path, kind] = /^(.*)\.(weight|bias)$/.exec(tensor.name) ?? [];
      const module = modules.get(path ?? '');
      const headDim = shuffled && module?.kind === 'linear' ? module.rotatedHeadDim : undefined;
      return {
        ...tensor,
        name: module ? `${module.name}.${kind}` : tensor.name,
        read: (into) => {
          const values = readGgufTensor(tensor, into);
          if (module?.kind === 'norm') addTo(values, -config.rmsNormOffset);
          return headDim === undefined ? values : unshuffle(values, headDim, values.length / tensor.shape[0]!);
        },
        stored: storedBlocks(tensor, headDim),
      };
    });
}

function storedBlocks(tensor: GgufTensor, headDim: number | undefined): StoredBlocks | undefined {
  const { dtype: type, shape } = tensor;
  if (type !== 'Q8_0' && type !== 'Q4_0') return undefined;
  const read = () => {
    const bytes = readGgufBlocks(tensor);
    return headDim === undefined ? bytes : unshuffle(bytes, headDim, bytes.length / shape[0]!);
  };
  return { type, read };
}

/** llama.cpp keeps what a norm multiplies with: the offset of its weights is added to them. */
export function addTo(values: Float32Array, offset: number): Float32Array {
  if (offset !== 0) for (let at = 0; at < values.length; at++) values[at]! += offset;
  return values;
}

/** Rows of `width` values in transformers' order, in place: in each head, the first of each pair of rows, then the second ones. */
const unshuffle = <T extends Float32Array | Uint8Array>(values: T, headDim: number, width: number): T =>
  moveRows(values, headDim, width, (row) => (row >> 1) + (row & 1) * (headDim / 2));

/** The reverse: rows in llama.cpp's order, in place. */
export const shuffle = (values: Float32Array, headDim: number, width: number): Float32Array =>
  moveRows(values, headDim, width, (row) => (row < headDim / 2 ? 2 * row : 2 * row - headDim + 1));

/** Puts each row of each head to where `target` says. */
function moveRows<T extends Float32Array | Uint8Array>(
  values: T,
  headDim: number,
  width: number,
  target: (row: number) => number,
): T {
  const size = headDim * width;
  for (let head = 0; head < values.length; head += size) {
    const before = values.slice(head, head + size);
    for (let row = 0; row < headDim; row++) {
      values.set(before.subarray(row * width, (row + 1) * width), head + target(row) * width);
    }
  }
  return values;
}
