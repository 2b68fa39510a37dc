import * as z from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import type { Layer, ModelDescription } from '../config.ts';
import { type Architecture, checked } from './architecture.ts';
import { MOST_LAYERS } from './decoder-fields.ts';
import { count, flag, positive, text } from './field-kinds.ts';
import { gpt2Gguf } from './gpt2-gguf.ts';

/** The fields of config.json, which GPT-2 calls by names of its own, with transformers' defaults. */
const schema = z.object({
  vocab_size: count.default(50_257),
  n_embd: count.default(768),
  n_layer: count.max(MOST_LAYERS, `must be at most ${MOST_LAYERS}`).default(12),
  n_head: count.default(12),
  n_positions: count.default(1024),
  n_inner: count.nullish(),
  activation_function: text.default('gelu_new'),
  layer_norm_epsilon: positive.default(1e-5),
  scale_attn_weights: flag.default(true),
  scale_attn_by_inverse_layer_idx: flag.default(false),
  is_causal: flag.nullish(),
  add_cross_attention: flag.default(false),
  tie_word_embeddings: flag.default(true),
  quantization_config: z.record(z.string(), z.unknown(), 'must be an object').nullish(),
});

/** The names that other models have for them. Where a file has both, transformers takes these. */
const OTHER_NAMES = {
  hidden_size: 'n_embd',
  num_hidden_layers: 'n_layer',
  num_attention_heads: 'n_head',
  max_position_embeddings: 'n_positions',
};

function withOwnNames(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  const fields = json as Record<string, unknown>;
  const others = Object.entries(OTHER_NAMES).filter(([other]) => fields[other] !== undefined);
  return { ...fields, ...Object.fromEntries(others.map(([other, own]) => [own, fields[other]])) };
}

/** transformers' names of the same approximation. */
const ACTIVATIONS = ['gelu_new', 'gelu_pytorch_tanh'];

const NORMS: Layer['norms'] = { beforeMixer: 'ln_1', beforeMlp: 'ln_2' };
const RENAMED = {
  model: 'transformer',
  'model.embed_tokens': 'transformer.wte',
  'model.embed_positions': 'transformer.wpe',
  'model.layers': 'transformer.h',
  'model.norm': 'transformer.ln_f',
  self_attn: 'attn',
  'self_attn.qkv_proj': 'attn.c_attn',
  'self_attn.o_proj': 'attn.c_proj',
  'mlp.up_proj': 'mlp.c_fc',
  'mlp.act_fn': 'mlp.act',
  'mlp.down_proj': 'mlp.c_proj',
};

/**
 * GPT-2 (Radford et al. 2019) and DistilGPT-2: each position has a learned embedding, norms subtract the mean, all layers have biases, and the MLP has no
 * gate. Dropout, which config.json may ask for, is not applied; `reorder_and_upcast_attn` changes nothing in float32.
 */
export const gpt2: Architecture = {
  className: 'GPT2LMHeadModel',
  modelType: 'gpt2',
  // Causal masks, which old versions saved.
  passedOver: /\.attn\.(masked_)?bias$/,
  describe(json, file): ModelDescription {
    const fields = checked(schema, withOwnNames(json), file);
    refuseUnsupported(fields, file);
    const { n_embd: hiddenSize, n_head: heads } = fields;
    const headDim = hiddenSize / heads;
    const layer = (index: number): Layer => ({
      mixer: {
        kind: 'attention',
        ...{ heads, kvHeads: heads, headDim },
        scale:
          (fields.scale_attn_weights ? 1 / Math.sqrt(headDim) : 1) /
          (fields.scale_attn_by_inverse_layer_idx ? index + 1 : 1),
        ...{ rotary: undefined, qkNorm: undefined, window: undefined },
        ...{ qkvBias: true, outputBias: true, fused: 'first' },
      },
      mlp: { kind: 'gelu', intermediateSize: fields.n_inner ?? 4 * hiddenSize, bias: true },
      norms: NORMS,
      residualScale: 1,
    });
    return {
      vocabSize: fields.vocab_size,
      hiddenSize,
      ...{ embeddingScale: 1, logitScale: 1 },
      layers: Array.from({ length: fields.n_layer }, (_, index) => layer(index)),
      ...{ learnsPositions: true, learnsPadding: true, rotary: {} },
      maxPositionEmbeddings: fields.n_positions,
      ...{ layerNorm: true, normEps: fields.layer_norm_epsilon, rmsNormOffset: 0 },
      tieEmbeddings: fields.tie_word_embeddings,
      conv1d: true,
      renamed: RENAMED,
    };
  },
  gguf: gpt2Gguf,
};

function refuseUnsupported(fields: z.infer<typeof schema>, file: string): void {
  const refuse = (message: string): never => {
    throw new BadInput(message, { file });
  };
  const { quantization_config: quantization, activation_function: activation, n_embd, n_head } = fields;
  if (quantization) {
    const method = String(quantization.quant_method ?? 'unknown method');
    refuse(`the weights are quantized (${method}); give the original model in float32, float16 or bfloat16`);
  }
  if (!ACTIVATIONS.includes(activation)) {
    const known = ACTIVATIONS.map((name) => `"${name}"`).join(' and ');
    refuse(`"activation_function" is "${activation}", but only ${known} are supported`);
  }
  if (fields.is_causal === false || fields.is_causal === null)
    refuse(`"is_causal" is ${fields.is_causal}, but only causal attention is supported`);
  if (fields.add_cross_attention) refuse('"add_cross_attention" is true, but there is no encoder to attend to');
  if (n_embd % n_head !== 0) refuse(`"n_embd" (${n_embd}) must be a multiple of "n_head" (${n_head})`);
}
