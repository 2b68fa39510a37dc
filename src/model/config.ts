import { statSync } from 'node:fs';
import { z } from 'zod';
import { BadInput } from '../protocol/errors.ts';
import type { Lora } from '../protocol/lora-config.ts';
import { changesVocabulary } from './files/adapted-weights.ts';
import { adapterConfigFile, readAdapterConfig } from './files/adapter-files.ts';
import { isGguf } from './files/gguf.ts';
import { modelFilePath, readModelFile } from './files/model-files.ts';
import { runInstead } from './files/run-instead.ts';
import { loraProblem } from './lora-targets.ts';
import { type RopeFields, type RopeScaling, ropeScalingOf, ropeSchema } from './network/rope-scaling.ts';

/** What a decoder of the Llama family is made of: enough to name its tensors and to run it. */
export interface ModelConfig {
  architecture: Architecture;
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  /** Query heads. */
  heads: number;
  /** Key/value heads; each serves `heads / kvHeads` query heads. */
  kvHeads: number;
  /** Width of one head; `heads * headDim` need not equal `hiddenSize`. */
  headDim: number;
  maxPositionEmbeddings: number;
  ropeTheta: number;
  ropeScaling: RopeScaling;
  rmsNormEps: number;
  /** The output head is the embedding matrix itself. */
  tieEmbeddings: boolean;
  /** Biases on the q, k and v projections. */
  attentionBias: boolean;
  /** Bias on the attention's output projection. */
  oBias: boolean;
  mlpBias: boolean;
  /** RMS norm over each head's queries and keys, before the rotation (Qwen3). */
  qkNorm: boolean;
  /** Every token that ends a completion, from generation_config.json or else config.json; may be empty. The tokenizer has one more to say. */
  eosTokenIds: number[];
  /** The adapter that is trained on it, where one is. One that is opened is worked into the weights. */
  lora?: Lora;
  bosTokenId: number | undefined;
  padTokenId: number | undefined;
}

export type Architecture = 'llama' | 'qwen2' | 'qwen3';

const CLASS_NAMES: Record<Architecture, string> = {
  llama: 'LlamaForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
};

const count = z.int('must be a positive integer').positive('must be a positive integer');
const positive = z.number('must be a positive number').positive('must be a positive number');
const flag = z.boolean('must be true or false');
const text = z.string('must be a string');
const object = z.record(z.string(), z.unknown(), 'must be an object');
// Some old configs say -1 for "no such token".
const tokenId = z.int('must be a token id').min(-1, 'must be a token id').nullish();
const tokenIds = z.union([tokenId, z.array(z.int().nonnegative())], 'must be a token id or a list of them');

const configSchema = z.object({
  architectures: z.array(text, 'must be a list of class names').nullish(),
  model_type: text.nullish(),
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  // The bound keeps an absurd claim from being expanded into a list of tensor names.
  num_hidden_layers: count.max(1000, 'must be at most 1000'),
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  max_position_embeddings: count,
  rms_norm_eps: positive.default(1e-6),
  hidden_act: text.default('silu'),
  tie_word_embeddings: flag.default(false),
  attention_bias: flag.default(false),
  mlp_bias: flag.default(false),
  use_sliding_window: flag.nullish(),
  layer_types: z.array(text, 'must be a list of strings').nullish(),
  // transformers 5 writes rope_parameters; 4 wrote rope_theta and rope_scaling.
  rope_parameters: ropeSchema.nullish(),
  rope_scaling: ropeSchema.nullish(),
  rope_theta: positive.nullish(),
  partial_rotary_factor: positive.nullish(),
  quantization_config: object.nullish(),
  eos_token_id: tokenIds,
  bos_token_id: tokenId,
  pad_token_id: tokenId,
});
type ConfigFields = z.infer<typeof configSchema>;

const generationSchema = z.object({ eos_token_id: tokenIds });

/**
 * Reads and checks `config.json` (and the stop tokens of `generation_config.json`) of a Hugging Face folder or a .gguf file. With the folder
 * of a LoRA adapter they are those of its model with the adapter worked into it.
 */
export function readModelConfig(model: string): ModelConfig {
  const config = readOwnConfig(model);
  const adapter = readAdapterConfig(model);
  if (!adapter) return config;
  const adapted = { ...config, lora: adapter.lora };
  const problem = loraProblem(adapted);
  if (problem) {
    const field = problem.field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    throw new BadInput(`"${field}" ${problem.message}`, { file: adapterConfigFile(model) });
  }
  return { ...config, tieEmbeddings: config.tieEmbeddings && !changesVocabulary(adapted) };
}

function readOwnConfig(model: string): ModelConfig {
  const found = statSync(model, { throwIfNoEntry: false });
  if (isGguf(model) ? !found?.isFile() : !found?.isDirectory()) {
    const message = 'there is no such model folder; give the path of a Hugging Face model folder or of a .gguf file';
    throw new BadInput(message, { file: model, isFolder: true });
  }
  const file = modelFilePath(model, 'config.json');
  const json = readModelFile(model, 'config.json');
  if (!json) {
    const message = 'this folder has no config.json; give the path of a complete Hugging Face model folder';
    throw new BadInput(runInstead(model) ?? message, { file: model, isFolder: true });
  }
  const architecture = architectureOf(json, file);
  const fields = checked(configSchema, json, file);
  refuseUnsupported(architecture, fields, file);

  const heads = fields.num_attention_heads;
  const kvHeads = fields.num_key_value_heads ?? heads;
  if (heads % kvHeads !== 0) {
    const message = `"num_attention_heads" (${heads}) must be a multiple of "num_key_value_heads" (${kvHeads})`;
    throw new BadInput(message, { file });
  }
  const rope = ropeFieldsOf(fields);
  const biased = architecture !== 'qwen2' && fields.attention_bias;

  return {
    architecture,
    vocabSize: fields.vocab_size,
    hiddenSize: fields.hidden_size,
    intermediateSize: fields.intermediate_size,
    layers: fields.num_hidden_layers,
    heads,
    kvHeads,
    headDim: headDimOf(architecture, fields, file),
    maxPositionEmbeddings: fields.max_position_embeddings,
    ropeTheta: rope.rope_theta ?? fields.rope_theta ?? 10_000,
    ropeScaling: ropeScalingOf(rope, file),
    rmsNormEps: fields.rms_norm_eps,
    tieEmbeddings: fields.tie_word_embeddings,
    attentionBias: architecture === 'qwen2' || biased,
    oBias: biased,
    mlpBias: architecture === 'llama' && fields.mlp_bias,
    qkNorm: architecture === 'qwen3',
    eosTokenIds: eosTokenIdsOf(model, fields, file),
    bosTokenId: oneTokenId(fields.bos_token_id),
    padTokenId: oneTokenId(fields.pad_token_id),
  };
}

function architectureOf(json: Record<string, unknown>, file: string): Architecture {
  const className = Array.isArray(json.architectures) ? json.architectures[0] : undefined;
  const supported = Object.entries(CLASS_NAMES) as [Architecture, string][];
  const found = supported.find(([type, name]) =>
    className === undefined ? json.model_type === type : className === name,
  );
  if (!found) {
    const name = String(className ?? json.model_type ?? 'not named in the file');
    const list = supported.map(([, supportedName]) => supportedName).join(', ');
    throw new BadInput(`the model's architecture is ${name}, but only ${list} are supported`, { file });
  }
  if (json.model_type !== undefined && json.model_type !== found[0]) {
    const message = `"model_type" is "${json.model_type}", which contradicts "architectures" (${found[1]})`;
    throw new BadInput(message, { file });
  }
  return found[0];
}

function refuseUnsupported(architecture: Architecture, fields: ConfigFields, file: string): void {
  const refuse = (message: string) => {
    throw new BadInput(message, { file });
  };
  if (fields.quantization_config) {
    const method = String(fields.quantization_config.quant_method ?? 'unknown method');
    refuse(`the weights are quantized (${method}); give the original model in float32, float16 or bfloat16`);
  }
  if (fields.hidden_act !== 'silu') {
    refuse(`"hidden_act" is "${fields.hidden_act}", but only "silu" is supported`);
  }
  // Llama configs may carry these fields too, but transformers ignores them there.
  const slides = fields.use_sliding_window || fields.layer_types?.includes('sliding_attention');
  if (architecture !== 'llama' && slides) {
    refuse('the model uses sliding-window attention, but only full attention is supported');
  }
  const partial = ropeFieldsOf(fields).partial_rotary_factor ?? fields.partial_rotary_factor ?? 1;
  if (partial !== 1) {
    refuse(`"partial_rotary_factor" is ${partial}, but only models that rotate whole heads are supported`);
  }
}

/** An empty `rope_scaling` is as good as none. */
function ropeFieldsOf({ rope_scaling: scaling, rope_parameters: parameters }: ConfigFields): RopeFields {
  return scaling && Object.keys(scaling).length > 0 ? scaling : (parameters ?? {});
}

function headDimOf(architecture: Architecture, fields: ConfigFields, file: string): number {
  // transformers derives a missing head_dim for Llama and Qwen2, and has a fixed default for Qwen3.
  const derived = fields.hidden_size / fields.num_attention_heads;
  const headDim = fields.head_dim ?? (architecture === 'qwen3' ? 128 : derived);
  if (!Number.isInteger(headDim)) {
    const message = `"hidden_size" (${fields.hidden_size}) must be a multiple of "num_attention_heads" (${fields.num_attention_heads})`;
    throw new BadInput(message, { file });
  }
  if (headDim % 2 !== 0) {
    throw new BadInput(`the head width is ${headDim}, but rotary embeddings need an even one`, { file });
  }
  return headDim;
}

/** Those of generation_config.json, where there is one, else those of config.json: transformers stops at them, and TRL as well. */
function eosTokenIdsOf(model: string, fields: ConfigFields, file: string): number[] {
  const name = 'generation_config.json';
  const json = readModelFile(model, name);
  const said = json ? checked(generationSchema, json, modelFilePath(model, name)) : fields;
  const ids = [said.eos_token_id].flat().filter((id) => typeof id === 'number' && id >= 0);
  const unique = [...new Set(ids as number[])];
  const outside = unique.find((id) => id >= fields.vocab_size);
  if (outside !== undefined) {
    const message = `the end-of-sequence token ${outside} is outside the vocabulary (${fields.vocab_size} tokens)`;
    throw new BadInput(message, { file });
  }
  return unique;
}

function oneTokenId(id: number | null | undefined): number | undefined {
  return typeof id === 'number' && id >= 0 ? id : undefined;
}

/** `json` as the schema describes it, or one sentence about its first wrong field. */
function checked<S extends z.ZodType>(schema: S, json: unknown, file: string): z.infer<S> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new BadInput(`"${issue.path.join('.')}" ${issue.message}`, { file });
}
