import { BadInput } from '../../protocol/errors.ts';
import type { Layer } from '../config.ts';
import { count, flag, positive, text } from './field-kinds.ts';

/** Norms before and after attention and MLP, in all of Gemma's models from the second on. */
export const GEMMA_NORMS: Layer['norms'] = {
  beforeMixer: 'input_layernorm',
  afterMixer: 'post_attention_layernorm',
  beforeMlp: 'pre_feedforward_layernorm',
  afterMlp: 'post_feedforward_layernorm',
};

/** What config.json says of Gemma 2 and of Gemma 3 alike. */
export const gemmaFields = {
  num_key_value_heads: count.default(4),
  head_dim: count.default(256),
  hidden_activation: text.default('gelu_pytorch_tanh'),
  tie_word_embeddings: flag.default(true),
  attention_bias: flag.default(false),
  query_pre_attn_scalar: positive.default(256),
  sliding_window: count.nullable().default(4096),
  use_bidirectional_attention: flag.nullish(),
};

/** Throws BadInput for attention to later tokens, which Gemma's embedding models have. */
export function requireCausal(
  { use_bidirectional_attention: bidirectional }: { use_bidirectional_attention?: boolean | null | undefined },
  file: string,
): void {
  if (bidirectional)
    throw new BadInput('"use_bidirectional_attention" is true, but only causal attention is supported', { file });
}

/** Throws BadInput for another activation than the one that all released models have. */
export function requireGeluTanh({ hidden_activation: activation }: { hidden_activation: string }, file: string): void {
  if (activation !== 'gelu_pytorch_tanh')
    throw new BadInput(`"hidden_activation" is "${activation}", but only "gelu_pytorch_tanh" is supported`, { file });
}
