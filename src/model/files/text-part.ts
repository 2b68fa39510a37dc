import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ARCHITECTURES } from '../architectures/table.ts';
import { readJsonObject } from './json-file.ts';

/** A model that takes images as well: where transformers has its language model, and whether its head is tied where config.json does not say. */
interface Multimodal {
  part: 'language_model' | 'text_model';
  tied: boolean;
}

/** By the class in `architectures`. */
const MULTIMODAL: Readonly<Record<string, Multimodal>> = {
  Gemma4ForConditionalGeneration: { part: 'language_model', tied: true },
  Gemma3ForConditionalGeneration: { part: 'language_model', tied: true },
  Mistral3ForConditionalGeneration: { part: 'language_model', tied: true },
  Qwen2_5_VLForConditionalGeneration: { part: 'language_model', tied: false },
  Qwen3_5ForConditionalGeneration: { part: 'language_model', tied: false },
  Qwen3VLForConditionalGeneration: { part: 'language_model', tied: false },
  SmolVLMForConditionalGeneration: { part: 'text_model', tied: false },
  Idefics3ForConditionalGeneration: { part: 'text_model', tied: false },
};
/** Text parts that are, for texts, the same as another architecture: the three positions of a token of text are equal. */
const SAME_AS: Readonly<Record<string, string>> = {
  qwen2_5_vl: 'qwen2',
  qwen2_5_vl_text: 'qwen2',
  qwen3_vl: 'qwen3',
  qwen3_vl_text: 'qwen3',
};

const sizes = (vocab: number, hidden: number, mlp: number, layers: number, heads: number, positions: number) => ({
  vocab_size: vocab,
  hidden_size: hidden,
  intermediate_size: mlp,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  max_position_embeddings: positions,
});

/**
 * transformers' defaults that config.json of a whole model relies on: older versions write of its parts only what differs from them, as in Gemma 3
 * 4B's file.
 */
const DEFAULTS: Readonly<Record<string, object>> = {
  gemma3_text: { ...sizes(262_208, 2304, 9216, 26, 8, 131_072), num_key_value_heads: 4, head_dim: 256 },
  llama: sizes(32_000, 4096, 11_008, 32, 32, 2048),
  ministral3: sizes(131_072, 4096, 14_336, 34, 32, 262_144),
  mistral: sizes(32_000, 4096, 14_336, 32, 32, 131_072),
  qwen3_5_text: sizes(248_320, 4096, 12_288, 32, 16, 32_768),
};

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

function multimodalOf(json: Json): Multimodal | undefined {
  const className = Array.isArray(json.architectures) ? String(json.architectures[0]) : '';
  return Object.hasOwn(MULTIMODAL, className) ? MULTIMODAL[className] : undefined;
}

/** The `config.json` of the language model alone; of a model that is nothing else, as it is. */
export function textConfig(json: Json): Json {
  const multimodal = multimodalOf(json);
  if (!multimodal) return json;
  // Qwen 2.5 VL's own files have the fields of the text beside `vision_config`.
  const { vision_config: _, ...flat } = json;
  const { torch_dtype, ...text } = isObject(json.text_config) ? json.text_config : flat;
  const type = String(text.model_type ?? '');
  const modelType = SAME_AS[type] ?? type;
  const found = ARCHITECTURES.find((one) => one.modelType === modelType);
  const either = (name: string) => text[name] ?? json[name] ?? null;
  const tied = json.tie_word_embeddings ?? multimodal.tied;
  return {
    ...DEFAULTS[modelType],
    ...text,
    architectures: found ? [found.className] : undefined,
    model_type: modelType,
    tie_word_embeddings: Boolean(tied) || (type.startsWith('qwen2_5_vl') && text.tie_word_embeddings === true),
    ...Object.fromEntries(['bos_token_id', 'eos_token_id', 'pad_token_id'].map((name) => [name, either(name)])),
    ...(isObject(json.quantization_config) && { quantization_config: json.quantization_config }),
    dtype: text.dtype ?? torch_dtype ?? json.dtype ?? json.torch_dtype ?? 'float32',
    ...(text.rope_scaling !== undefined && { rope_scaling: withoutSections(text.rope_scaling) }),
    ...(text.rope_parameters !== undefined && { rope_parameters: withoutSections(text.rope_parameters) }),
  };
}

/** Without which share of a head's frequencies is for time, height and width. */
function withoutSections(rope: unknown): unknown {
  if (!isObject(rope)) return rope;
  const { mrope_section: _, mrope_interleaved: __, ...others } = rope;
  const plain = (name: 'rope_type' | 'type') => others[name] === 'mrope' && { [name]: 'default' };
  return { ...others, ...plain('rope_type'), ...plain('type') };
}

/** What transformers has in front of the language model's tensors, in place of `model.`; undefined in a model that is nothing else. */
export function textPrefix(folder: string): string | undefined {
  const file = join(folder, 'config.json');
  const multimodal = existsSync(file) ? multimodalOf(readJsonObject(file) ?? {}) : undefined;
  return multimodal && `model.${multimodal.part}.`;
}

/** The name that a tensor, or a module, has in the language model alone: transformers 4 and 5 have different ones for it in the whole. */
export const textName = (name: string): string =>
  name
    .replace(/^language_model\.lm_head\./, 'lm_head.')
    .replace(/^(model\.language_model|model\.text_model|language_model\.model|language_model)\./, 'model.');

const isOfText = (name: string): boolean =>
  /^(model\.(layers|embed_tokens|norm|embed_tokens_per_layer|per_layer_model_projection|per_layer_projection_norm)|lm_head)\./.test(
    textName(name),
  );

/** Those of a multimodal model's tensors that belong to its language model, by their names there. */
export const textTensors = <T extends { name: string }>(entries: Iterable<T>): T[] =>
  [...entries].filter(({ name }) => isOfText(name)).map((entry) => ({ ...entry, name: textName(entry.name) }));

/** The other parts, with their numbers of tensors: `vision_tower (438 tensors)`. */
export function otherParts(names: Iterable<string>): string[] {
  const counts = new Map<string, number>();
  for (const name of names) {
    if (isOfText(name)) continue;
    const part = name.replace(/^model\./, '').split('.')[0]!;
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  return [...counts].map(([part, count]) => `${part} (${count} ${count === 1 ? 'tensor' : 'tensors'})`);
}
