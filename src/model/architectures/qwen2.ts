import { architecture } from './architecture.ts';
import { llamaDecoder } from './llama-decoder.ts';
import { stretchedRotary } from './rotary-fields.ts';
import { slidingWindowFields, withWindows } from './sliding-window.ts';

/** Qwen 2 and 2.5: Llama with biases on queries, keys and values, always. */
export const qwen2 = architecture({
  className: 'Qwen2ForCausalLM',
  modelType: 'qwen2',
  fields: slidingWindowFields,
  describe(fields, file) {
    const decoder = llamaDecoder(fields, file, { qkvBias: true });
    return { ...decoder, layers: withWindows(decoder.layers, fields, file) };
  },
  gguf: { name: 'qwen2', fields: () => ({}), writes: { problem: stretchedRotary } },
});
