import * as z from 'zod';
import { count, flag, positive, text } from './field-kinds.ts';
import { rotaryFields } from './rotary-fields.ts';

const object = z.record(z.string(), z.unknown(), 'must be an object');

/** The bound keeps an absurd claim from being expanded into a list of layers or of tensor names. */
export const MOST_LAYERS = 1000;

/** The fields of config.json that every supported decoder has. */
export const decoderFields = {
  architectures: z.array(text, 'must be a list of class names').nullish(),
  model_type: text.nullish(),
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count.max(MOST_LAYERS, `must be at most ${MOST_LAYERS}`),
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  max_position_embeddings: count,
  rms_norm_eps: positive.default(1e-6),
  hidden_act: text.default('silu'),
  tie_word_embeddings: flag.default(false),
  ...rotaryFields,
  quantization_config: object.nullish(),
  layer_types: z.array(text, 'must be a list of strings').nullish(),
  is_causal: flag.nullish(),
};
export type DecoderFields = z.infer<z.ZodObject<typeof decoderFields>>;
