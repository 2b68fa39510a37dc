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

const LFM2 = {
  ...{ architectures: ['Lfm2ForCausalLM'], model_type: 'lfm2', norm_eps: 1e-5, rope_theta: 1e6, conv_L_cache: 3 },
  ...{ vocab_size: 65_536, tie_word_embeddings: true, max_position_embeddings: 128_000 },
  ...{ num_hidden_layers: 16, num_key_value_heads: 8, full_attn_idxs: [2, 5, 8, 10, 12, 14] },
};
const QWEN3 = { ...QWEN, architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', max_position_embeddings: 40_960 };
const QWEN35 = {
  ...{ ...QWEN, architectures: ['Qwen3_5ForCausalLM'], model_type: 'qwen3_5_text', vocab_size: 248_320 },
  ...{ max_position_embeddings: 262_144, rope_theta: 1e7, partial_rotary_factor: 0.25, head_dim: 256 },
  ...{ linear_num_key_heads: 16, linear_num_value_heads: 16, linear_key_head_dim: 128, linear_value_head_dim: 128 },
};
const GRANITE4 = {
  ...{ architectures: ['GraniteMoeHybridForCausalLM'], model_type: 'granitemoehybrid', hidden_act: 'silu' },
  ...{ vocab_size: 100_352, tie_word_embeddings: true, num_local_experts: 0, position_embedding_type: 'rope' },
  ...{ embedding_multiplier: 12, max_position_embeddings: 131_072 },
};

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
  'LiquidAI/LFM2.5-350M': {
    parameters: 354_483_968,
    config: { ...LFM2, hidden_size: 1024, num_attention_heads: 16, block_ff_dim: 6656 },
  },
  'ibm-granite/granite-4.0-350m': {
    parameters: 352_379_904,
    config: {
      ...{ ...GRANITE4, ...sizes(1024, 2048, 28, 16, 4), shared_intermediate_size: 2048 },
      ...{ layer_types: Array(28).fill('attention'), attention_multiplier: 1 / 64 },
      ...{ residual_multiplier: 0.263, logits_scaling: 4 },
    },
  },
  'Qwen/Qwen2.5-0.5B-Instruct': {
    parameters: 494_032_768,
    config: { ...QWEN2, ...sizes(896, 4864, 24, 14, 2) },
  },
  'Qwen/Qwen3-0.6B': {
    parameters: 596_049_920,
    config: { ...QWEN3, ...sizes(1024, 3072, 28, 16, 8), head_dim: 128 },
  },
  'LiquidAI/LFM2-700M': {
    parameters: 742_489_344,
    config: {
      ...{ ...LFM2, hidden_size: 1536, num_attention_heads: 24 },
      ...{ intermediate_size: 6912, block_auto_adjust_ff_dim: false },
    },
  },
  // Its language model, as of the next ones of Qwen 3.5 and of Ministral 3.
  'Qwen/Qwen3.5-0.8B': {
    parameters: 752_393_024,
    config: { ...QWEN35, ...sizes(1024, 3584, 24, 8, 2) },
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
  'LiquidAI/LFM2.5-1.2B-Instruct': {
    parameters: 1_170_340_608,
    config: { ...LFM2, hidden_size: 2048, num_attention_heads: 32, block_ff_dim: 12_288 },
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
  'allenai/OLMo-2-0425-1B-Instruct': {
    parameters: 1_484_916_736,
    config: {
      ...{ architectures: ['Olmo2ForCausalLM'], model_type: 'olmo2', hidden_act: 'silu', rms_norm_eps: 1e-6 },
      ...{ ...sizes(2048, 8192, 16, 16, 16), vocab_size: 100_352, tie_word_embeddings: false },
      ...{ rope_theta: 5e5, max_position_embeddings: 4096 },
    },
  },
  'Qwen/Qwen2.5-1.5B-Instruct': {
    parameters: 1_543_714_304,
    config: { ...QWEN2, ...sizes(1536, 8960, 28, 12, 2) },
  },
  'ibm-granite/granite-4.0-1b': {
    parameters: 1_631_750_144,
    config: {
      ...{ ...GRANITE4, ...sizes(2048, 4096, 40, 16, 4), shared_intermediate_size: 4096 },
      ...{ layer_types: Array(40).fill('attention'), attention_multiplier: 1 / 128 },
      ...{ residual_multiplier: 0.22, logits_scaling: 8 },
    },
  },
  'Qwen/Qwen3-1.7B': {
    parameters: 1_720_574_976,
    config: { ...QWEN3, ...sizes(2048, 6144, 28, 16, 8), head_dim: 128 },
  },
  'Qwen/Qwen3.5-2B': {
    parameters: 1_881_825_088,
    config: { ...QWEN35, ...sizes(2048, 6144, 24, 8, 2) },
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
  'mistralai/Ministral-3-3B-Instruct-2512-BF16': {
    parameters: 3_429_006_336,
    config: {
      ...{ architectures: ['Ministral3ForCausalLM'], model_type: 'ministral3', hidden_act: 'silu', rms_norm_eps: 1e-5 },
      ...{ ...sizes(3072, 9216, 26, 32, 8), head_dim: 128, vocab_size: 131_072, tie_word_embeddings: true },
      ...{ max_position_embeddings: 262_144, sliding_window: null },
      rope_parameters: {
        ...{ rope_type: 'yarn', rope_theta: 1e6, factor: 16, original_max_position_embeddings: 16_384 },
        ...{ beta_fast: 32, beta_slow: 1, mscale: 1, mscale_all_dim: 1, llama_4_scaling_beta: 0.1 },
      },
    },
  },
  // Without LongRoPE, which takes neither memory nor time.
  'microsoft/Phi-4-mini-instruct': {
    parameters: 3_836_021_760,
    config: {
      ...{ architectures: ['Phi3ForCausalLM'], model_type: 'phi3', hidden_act: 'silu', rms_norm_eps: 1e-5 },
      ...{ ...sizes(3072, 8192, 32, 24, 8), vocab_size: 200_064, tie_word_embeddings: true },
      ...{ rope_theta: 1e4, partial_rotary_factor: 0.75, max_position_embeddings: 4096 },
    },
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
