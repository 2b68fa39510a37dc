import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { normals } from '../../src/data/random.ts';
import { fileShapes } from '../../src/model/files/conv1d.ts';
import { readModelConfig } from '../../src/model/files/model-config.ts';
import { writeSafetensors } from '../../src/model/files/safetensors-writer.ts';
import { sizeOf } from '../../src/model/shape.ts';
import { referenceModel, workspace } from '../integration/training/workspace.ts';

const TOKENIZER = referenceModel('llama-head-dim-bf16');

/** Gemma 3's kinds of layers, with windows shorter than the prompts. */
export const GEMMA = {
  ...{ architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text', vocab_size: 290, eos_token_id: 2 },
  ...{ hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, max_position_embeddings: 256 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 16, query_pre_attn_scalar: 16 },
  ...{ sliding_window: 6, layer_types: ['sliding_attention', 'full_attention'] },
};

/** Gemma 2's, whose attention scores are capped as well. */
export const GEMMA2 = {
  ...{ ...GEMMA, architectures: ['Gemma2ForCausalLM'], model_type: 'gemma2' },
  ...{ attn_logit_softcapping: 2, final_logit_softcapping: 3 },
};

/** Gemma 4's: per-layer inputs, shared keys and values, wider full heads without a value projection, and capped logits. */
export const GEMMA4 = {
  ...{ architectures: ['Gemma4ForCausalLM'], model_type: 'gemma4_text', vocab_size: 290, eos_token_id: 2 },
  ...{ hidden_size: 32, intermediate_size: 48, num_hidden_layers: 4, max_position_embeddings: 256 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 16, global_head_dim: 32, sliding_window: 6 },
  ...{ attention_k_eq_v: true, num_global_key_value_heads: 1, num_kv_shared_layers: 2, use_double_wide_mlp: true },
  ...{ vocab_size_per_layer_input: 290, hidden_size_per_layer_input: 8, final_logit_softcapping: 3 },
  layer_types: ['sliding_attention', 'full_attention', 'sliding_attention', 'full_attention'],
};

/** Phi-4-mini's: fused projections, LongRoPE, and heads that are rotated in part. */
export const PHI = {
  ...{ architectures: ['Phi3ForCausalLM'], model_type: 'phi3', vocab_size: 290, eos_token_id: 2, pad_token_id: null },
  ...{ hidden_size: 64, intermediate_size: 48, num_hidden_layers: 2, max_position_embeddings: 512 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, sliding_window: 6, original_max_position_embeddings: 256 },
  rope_parameters: {
    ...{ rope_type: 'longrope', partial_rotary_factor: 0.5 },
    ...{ short_factor: [1, 1, 1.5, 2], long_factor: [1, 2, 3, 4] },
  },
};

/** LFM2's kinds of layers. */
export const LFM2 = {
  ...{ architectures: ['Lfm2ForCausalLM'], model_type: 'lfm2', vocab_size: 290, eos_token_id: 2 },
  ...{ hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, max_position_embeddings: 256 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, conv_bias: true, block_multiple_of: 8 },
  layer_types: ['conv', 'full_attention'],
};

/** GPT-2's: learned positions, norms with a mean, and an MLP without a gate. */
export const GPT2 = {
  ...{ architectures: ['GPT2LMHeadModel'], model_type: 'gpt2', vocab_size: 290, eos_token_id: 2 },
  ...{ n_embd: 32, n_layer: 2, n_head: 4, n_positions: 250 },
};

/** Qwen 3.5's kinds of layers. */
export const QWEN35 = {
  ...{ architectures: ['Qwen3_5ForCausalLM'], model_type: 'qwen3_5_text', vocab_size: 290, eos_token_id: 2 },
  ...{ hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, max_position_embeddings: 256 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 16, partial_rotary_factor: 0.5 },
  ...{ linear_key_head_dim: 8, linear_value_head_dim: 4, linear_num_key_heads: 2, linear_num_value_heads: 4 },
  layer_types: ['linear_attention', 'full_attention'],
};
/** So many words that their logits are never there as a whole. */
export const LARGE_VOCABULARY = { ...GEMMA, vocab_size: 70_000 };

/** A folder of a model that `config.json` describes, with random weights; removed after the test. */
export async function randomModel(json: object): Promise<string> {
  const folder = workspace({ 'config.json': json });
  for (const file of ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'])
    copyFileSync(join(TOKENIZER, file), join(folder, file));
  writeFileSync(join(folder, 'generation_config.json'), '{"eos_token_id": 2}');
  const shapes = fileShapes(readModelConfig(folder));
  const tensors = [...shapes].map(([name, shape]) => {
    const values = normals(1, ['weights', name], sizeOf(shape)).map((value) => 0.2 * value);
    return [name, shape, values] as const;
  });
  await writeSafetensors(join(folder, 'model.safetensors'), shapes, tensors, 'float32');
  return folder;
}
