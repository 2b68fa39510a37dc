import * as z from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import type { Attention, Layer, ModelDescription } from '../config.ts';
import { architecture } from './architecture.ts';
import { MOST_LAYERS } from './decoder-fields.ts';
import { count, flag, positive, text } from './field-kinds.ts';
import { GEMMA_NORMS, requireGeluTanh } from './gemma-family.ts';
import { gemma4Gguf } from './gemma4-gguf.ts';
import { FULL, gemma4Heads, SLIDING } from './gemma4-heads.ts';
import { gemma4Rotary } from './gemma4-rotary.ts';
import { layerTypes, requireAllLayers } from './layer-types.ts';
import { llamaDecoder } from './llama-decoder.ts';
import { rotaryFieldsByLayer } from './rotary-fields.ts';

/** Every sixth layer sees all tokens, where config.json does not say otherwise. */
const PATTERN = 6;

const countOrNone = z.int('must be a whole number').min(0, 'must not be negative');

const fields = {
  vocab_size: count.default(262_144),
  hidden_size: count.default(2304),
  intermediate_size: count.default(9216),
  num_hidden_layers: count.max(MOST_LAYERS, `must be at most ${MOST_LAYERS}`).default(30),
  num_attention_heads: count.default(8),
  num_key_value_heads: count.default(4),
  head_dim: count.default(256),
  global_head_dim: count.nullish(),
  num_global_key_value_heads: count.nullish(),
  per_layer_config: z.record(z.string(), z.record(z.string(), z.unknown())).nullish(),
  max_position_embeddings: count.default(131_072),
  hidden_activation: text.default('gelu_pytorch_tanh'),
  tie_word_embeddings: flag.default(true),
  attention_bias: flag.default(false),
  sliding_window: count.default(512),
  layer_types: z.array(text, 'must be a list of strings').nullish(),
  ...rotaryFieldsByLayer,
  final_logit_softcapping: positive.nullish(),
  use_bidirectional_attention: text.nullish(),
  vocab_size_per_layer_input: count.default(262_144),
  hidden_size_per_layer_input: countOrNone.default(256),
  attention_k_eq_v: flag.default(false),
  num_kv_shared_layers: countOrNone.default(0),
  enable_moe_block: flag.default(false),
  use_double_wide_mlp: flag.default(false),
};
type Fields = z.infer<z.ZodObject<typeof fields>>;

/**
 * Gemma 4's text models without experts: layers with windows and full ones, whose heads and rotary tables differ; the last layers attend to keys and
 * values of earlier ones; each layer has an embedding of each token besides; capped logits.
 */
export const gemma4 = architecture({
  className: 'Gemma4ForCausalLM',
  modelType: 'gemma4_text',
  // Files have them of layers that share keys and values as well.
  passedOver: /\.self_attn\.(k_proj|v_proj|k_norm|v_norm)\./,
  fields,
  describe(fields, file): ModelDescription {
    refuseUnsupported(fields, file);
    const count = fields.num_hidden_layers;
    requireAllLayers(fields, file);
    // The last layer sees all tokens, whatever config.json says of it.
    const lastIsFull = { num_hidden_layers: count, layer_types: fields.layer_types?.with(-1, FULL) };
    const types = layerTypes(lastIsFull, file, {
      kinds: [SLIDING, FULL],
      attention: FULL,
      otherwise: (layer) => ((layer + 1) % PATTERN === 0 || layer === count - 1 ? FULL : SLIDING),
    });
    const heads = gemma4Heads(fields, types, file);
    const bias = fields.attention_bias;
    const plain = { rope_parameters: undefined, rope_scaling: undefined, hidden_act: 'silu' };
    const decoder = llamaDecoder({ ...fields, ...plain }, file, { qkNorm: 'head', qkvBias: bias, outputBias: bias });
    const shared = sharedFrom(fields, types, file);
    const layers = decoder.layers.map(({ mixer, mlp, ...layer }, index): Layer<Attention> => {
      const type = types[index]!;
      const from = shared[index];
      const isWide = fields.use_double_wide_mlp && from !== undefined;
      return {
        ...layer,
        norms: GEMMA_NORMS,
        mixer: {
          ...mixer,
          ...heads[type],
          scale: 1,
          rotary: type,
          window: type === SLIDING ? fields.sliding_window : undefined,
          valueNorm: fields.rms_norm_eps,
          keysAsValues: fields.attention_k_eq_v && type === FULL,
          ...(from !== undefined && { sharedFrom: from }),
        },
        mlp: { ...mlp, kind: 'geglu', intermediateSize: fields.intermediate_size * (isWide ? 2 : 1) },
        scaled: true,
      };
    });
    const width = fields.hidden_size_per_layer_input;
    return {
      ...decoder,
      layers,
      embeddingScale: Math.sqrt(fields.hidden_size),
      rotary: gemma4Rotary(fields, heads, new Set(types), file),
      ...(fields.final_logit_softcapping && { logitCap: fields.final_logit_softcapping }),
      ...(width > 0 && { perLayerInputs: { vocabSize: fields.vocab_size_per_layer_input, width } }),
    };
  },
  gguf: gemma4Gguf,
});

function refuseUnsupported(fields: Fields, file: string): void {
  const refuse = (message: string): never => {
    throw new BadInput(message, { file });
  };
  if (fields.enable_moe_block)
    refuse('"enable_moe_block" is true, but mixtures of experts are not supported; use a dense Gemma 4, such as E2B');
  if (fields.use_bidirectional_attention === 'all')
    refuse('"use_bidirectional_attention" is "all", but only causal attention is supported');
  requireGeluTanh(fields, file);
  const { vocab_size: words, vocab_size_per_layer_input: rows, hidden_size_per_layer_input: width } = fields;
  if (width > 0 && rows < words)
    refuse(`"vocab_size_per_layer_input" (${rows}) must not be less than "vocab_size" (${words})`);
}

/** For each of the last layers the one whose keys and values it reads: the last of its type among those that have their own. */
function sharedFrom(
  { num_kv_shared_layers: shared }: Fields,
  types: readonly string[],
  file: string,
): (number | undefined)[] {
  const first = types.length - shared;
  return types.map((type, index) => {
    if (index < first) return undefined;
    const from = types.slice(0, Math.max(0, first)).lastIndexOf(type);
    if (from >= 0) return from;
    const message = `"num_kv_shared_layers" is ${shared}, which leaves no layer of "${type}" whose keys and values the last ones could share`;
    throw new BadInput(message, { file });
  });
}
