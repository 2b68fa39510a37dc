import { architecture } from './architecture.ts';
import { flag, positive } from './field-kinds.ts';
import { llamaDecoder } from './llama-decoder.ts';

/** OLMo 2: norms after attention and MLP instead of before them, and over all queries and all keys (arXiv:2501.00656). */
export const olmo2 = architecture({
  className: 'Olmo2ForCausalLM',
  modelType: 'olmo2',
  fields: { attention_bias: flag.default(false), rms_norm_eps: positive.default(1e-5) },
  describe(fields, file) {
    const bias = fields.attention_bias;
    const decoder = llamaDecoder(fields, file, { qkNorm: 'all', qkvBias: bias, outputBias: bias });
    const norms = { afterMixer: 'post_attention_layernorm', afterMlp: 'post_feedforward_layernorm' };
    return { ...decoder, layers: decoder.layers.map((layer) => ({ ...layer, norms })) };
  },
});
