import type { AttentionModel } from '../config.ts';
import { architecture } from './architecture.ts';
import { flag, positive } from './field-kinds.ts';
import { llamaDecoder } from './llama-decoder.ts';
import { stretchedRotary } from './rotary-fields.ts';

/** OLMo 2: norms after attention and MLP instead of before them, and over all queries and all keys (arXiv:2501.00656). */
export const olmo2 = architecture({
  className: 'Olmo2ForCausalLM',
  modelType: 'olmo2',
  fields: {
    attention_bias: flag.default(false),
    rms_norm_eps: positive.default(1e-5),
  },
  describe(fields, file) {
    const bias = fields.attention_bias;
    const decoder = llamaDecoder(fields, file, { qkNorm: 'all', qkvBias: bias, outputBias: bias });
    const norms = { afterMixer: 'post_attention_layernorm', afterMlp: 'post_feedforward_layernorm' };
    return { ...decoder, layers: decoder.layers.map((layer) => ({ ...layer, norms })) };
  },
  gguf: {
    name: 'olmo2',
    fields: () => ({}),
    writes: {
      problem: olmo2Problem,
    },
  },
});

/** What llama.cpp does not have of OLMo 2 and OLMo 3. */
export function olmo2Problem(model: AttentionModel): string | undefined {
  const { mixer } = model.layers[0]!;
  if (model.tieEmbeddings) return 'llama.cpp has no OLMo whose output head is the embedding matrix';
  if (mixer.qkvBias || mixer.outputBias) return 'llama.cpp has no biases in OLMo ("attention_bias")';
  if (mixer.heads * mixer.headDim !== model.hiddenSize)
    return 'llama.cpp has no OLMo with "head_dim" other than "hidden_size" / "num_attention_heads"';
  return stretchedRotary(model);
}
