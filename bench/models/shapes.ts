/** Models by their ids on Hugging Face, as their config.json files describe them, and how many parameters their cards name. */
export interface ModelShape {
  parameters: number;
  config: Record<string, unknown>;
}

const LLAMA = { architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_act: 'silu', rms_norm_eps: 1e-5 };
const QWEN = {
  hidden_act: 'silu',
  rms_norm_eps: 1e-6,
  rope_theta: 1e6,
  vocab_size: 151_936,
  tie_word_embeddings: true,
};
const QWEN2 = { ...QWEN, architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', max_position_embeddings: 32_768 };
const SMOLLM2 = {
  ...LLAMA,
  ...{ vocab_size: 49_152, tie_word_embeddings: true, rope_theta: 1e5, max_position_embeddings: 8192 },
};
const GEMMA3 = {
  ...{ architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text', hidden_activation: 'gelu_pytorch_tanh' },
  ...{ rms_norm_eps: 1e-6, rope_theta: 1e6, rope_local_base_freq: 1e4, max_position_embeddings: 32_768 },
  ...{ num_attention_heads: 4, num_key_value_heads: 1, head_dim: 256, query_pre_attn_scalar: 256 },
  ...{ vocab_size: 262_144, sliding_window: 512, tie_word_embeddings: true },
};

/** Of every so many layers, the last attends to everything. */
const gemmaLayers = (count: number, every = 6) =>
  Array.from({ length: count }, (_, layer) => ((layer + 1) % every === 0 ? 'full_attention' : 'sliding_attention'));

/** hidden size, MLP, layers, heads, key/value heads. */
const sizes = (hidden: number, mlp: number, layers: number, heads: number, kvHeads: number) => ({
  hidden_size: hidden,
  intermediate_size: mlp,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: kvHeads,
});

/** Two matrices and a norm for each of the last 20 layers, of which every fifth has heads of 512 features. */
const GEMMA4_UNUSED = 16 * (2 * 256 * 1536 + 256) + 4 * (2 * 512 * 1536 + 512);

export const SHAPES: Readonly<Record<string, ModelShape>> = {
  'openai-community/gpt2': {
    parameters: 124_439_808,
    config: {
      ...{ architectures: ['GPT2LMHeadModel'], model_type: 'gpt2', activation_function: 'gelu_new' },
      ...{ n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024, vocab_size: 50_257, layer_norm_epsilon: 1e-5 },
    },
  },
  'HuggingFaceTB/SmolLM2-135M-Instruct': {
    parameters: 134_515_008,
    config: { ...SMOLLM2, ...sizes(576, 1536, 30, 9, 3) },
  },
  'google/gemma-3-270m-it': {
    parameters: 268_098_176,
    config: {
      ...GEMMA3,
      hidden_size: 640,
      intermediate_size: 2048,
      num_hidden_layers: 18,
      layer_types: gemmaLayers(18),
    },
  },
  'HuggingFaceTB/SmolLM2-360M-Instruct': {
    parameters: 361_821_120,
    config: { ...SMOLLM2, ...sizes(960, 2560, 32, 15, 5) },
  },
  'Qwen/Qwen2.5-0.5B-Instruct': {
    parameters: 494_032_768,
    config: { ...QWEN2, ...sizes(896, 4864, 24, 14, 2) },
  },
  'Qwen/Qwen3-0.6B': {
    parameters: 596_049_920,
    config: {
      ...{ ...QWEN, architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', max_position_embeddings: 40_960 },
      ...{ ...sizes(1024, 3072, 28, 16, 8), head_dim: 128 },
    },
  },
  'google/gemma-3-1b-it': {
    parameters: 999_885_952,
    config: {
      ...GEMMA3,
      hidden_size: 1152,
      intermediate_size: 6912,
      num_hidden_layers: 26,
      layer_types: gemmaLayers(26),
    },
  },
  'meta-llama/Llama-3.2-1B-Instruct': {
    parameters: 1_235_814_400,
    config: {
      ...{ ...LLAMA, ...sizes(2048, 8192, 16, 32, 8), head_dim: 64, vocab_size: 128_256, tie_word_embeddings: true },
      ...{ max_position_embeddings: 131_072, rope_theta: 5e5 },
      rope_scaling: {
        ...{ rope_type: 'llama3', factor: 32, low_freq_factor: 1, high_freq_factor: 4 },
        original_max_position_embeddings: 8192,
      },
    },
  },
  'Qwen/Qwen2.5-1.5B-Instruct': {
    parameters: 1_543_714_304,
    config: { ...QWEN2, ...sizes(1536, 8960, 28, 12, 2) },
  },
  'HuggingFaceTB/SmolLM3-3B': {
    parameters: 3_075_098_624,
    config: {
      ...{ architectures: ['SmolLM3ForCausalLM'], model_type: 'smollm3', hidden_act: 'silu', rms_norm_eps: 1e-6 },
      ...{ ...sizes(2048, 11_008, 36, 16, 4), vocab_size: 128_256, tie_word_embeddings: true },
      ...{ rope_theta: 5e6, max_position_embeddings: 65_536, no_rope_layer_interval: 4 },
    },
  },
  'Qwen/Qwen2.5-3B-Instruct': {
    parameters: 3_085_938_688,
    config: { ...QWEN2, ...sizes(2048, 11_008, 36, 16, 2) },
  },
  // Its language model, without the keys and values that its files have of layers which share them.
  'google/gemma-4-E2B-it': {
    parameters: 4_647_449_891 - GEMMA4_UNUSED,
    config: {
      ...{ architectures: ['Gemma4ForCausalLM'], model_type: 'gemma4_text', hidden_activation: 'gelu_pytorch_tanh' },
      ...{ rms_norm_eps: 1e-6, max_position_embeddings: 131_072, vocab_size: 262_144, tie_word_embeddings: true },
      ...{ ...sizes(1536, 6144, 35, 8, 1), head_dim: 256, global_head_dim: 512, use_double_wide_mlp: true },
      ...{ vocab_size_per_layer_input: 262_144, hidden_size_per_layer_input: 256, num_kv_shared_layers: 20 },
      ...{ layer_types: gemmaLayers(35, 5), sliding_window: 512, final_logit_softcapping: 30 },
      rope_parameters: {
        full_attention: { rope_type: 'proportional', rope_theta: 1e6, partial_rotary_factor: 0.25 },
        sliding_attention: { rope_type: 'default', rope_theta: 1e4 },
      },
    },
  },
};
