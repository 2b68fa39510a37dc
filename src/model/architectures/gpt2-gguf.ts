import type { AttentionModel } from '../config.ts';
import type { GgufForm } from './architecture.ts';

/** How llama.cpp keeps GPT-2: matrices as [outputs, inputs], which the model's own files have the other way round. */
export const gpt2Gguf: GgufForm = {
  name: 'gpt2',
  epsilon: 'attention.layer_norm_epsilon',
  fieldNames: {
    vocab_size: 'vocab_size',
    hidden_size: 'n_embd',
    intermediate_size: 'n_inner',
    num_hidden_layers: 'n_layer',
    num_attention_heads: 'n_head',
    max_position_embeddings: 'n_positions',
    rms_norm_eps: 'layer_norm_epsilon',
    tie_word_embeddings: 'tie_word_embeddings',
  },
  fields: () => ({ activation_function: 'gelu_new' }),
  writes: {
    problem: ({ layers }: AttentionModel) =>
      layers.some(({ mixer }) => Math.abs(mixer.scale * Math.sqrt(mixer.headDim) - 1) > 1e-6)
        ? 'llama.cpp divides the attention scores of GPT-2 by the root of the width of its heads, whatever "scale_attn_weights" says'
        : undefined,
  },
};
