import { z } from 'zod';
import { architecture } from '../../../../src/model/architectures/architecture.ts';
import { llamaDecoder } from '../../../../src/model/architectures/llama-decoder.ts';

/** SmolLM3: Llama whose every fourth layer has no rotary positions. */
export const smollm3 = architecture({
  className: 'SmolLM3ForCausalLM',
  modelType: 'smollm3',
  fields: { no_rope_layers: z.array(z.int()) },
  describe(fields, file) {
    const decoder = llamaDecoder(fields, file, {});
    const layers = decoder.layers.map((layer, index) =>
      fields.no_rope_layers[index] ? layer : { ...layer, mixer: { ...layer.mixer, rotary: undefined } },
    );
    return { ...decoder, layers };
  },
  gguf: { name: 'smollm3', fields: () => ({}), shuffled: true },
});
