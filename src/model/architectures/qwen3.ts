import { isAttention } from '../config.ts';
import { architecture } from './architecture.ts';
import { flag } from './field-kinds.ts';
import { llamaDecoder } from './llama-decoder.ts';
import { stretchedRotary } from './rotary-fields.ts';
import { slidingWindowFields, withWindows } from './sliding-window.ts';

/** Qwen 3: Llama with norms over each head's queries and keys, and heads of 128 unless config.json says otherwise. */
export const qwen3 = architecture({
  className: 'Qwen3ForCausalLM',
  modelType: 'qwen3',
  fields: { ...slidingWindowFields, attention_bias: flag.default(false) },
  describe(fields, file) {
    const bias = fields.attention_bias;
    const decoder = llamaDecoder(fields, file, {
      qkNorm: 'head',
      qkvBias: bias,
      outputBias: bias,
      defaultHeadDim: 128,
    });
    return { ...decoder, layers: withWindows(decoder.layers, fields, file) };
  },
  gguf: {
    name: 'qwen3',
    fields: ({ has }) => ({ attention_bias: has('blk.0.attn_q.bias') }),
    writes: {
      problem: (model) =>
        model.layers.some(({ mixer }) => isAttention(mixer) && (mixer.qkvBias || mixer.outputBias))
          ? 'llama.cpp has no biases in Qwen 3 ("attention_bias")'
          : stretchedRotary(model),
    },
  },
});
