import { architecture } from '../../../../src/model/architectures/architecture.ts';
import { llamaDecoder } from '../../../../src/model/architectures/llama-decoder.ts';

/** Made up: layers that take turns in how many heads they have, how wide those are and how far they see, with a rotary table and an MLP for each kind. */
export const mixedHeads = architecture({
  className: 'MixedHeadsForCausalLM',
  modelType: 'mixed_heads',
  fields: {},
  describe(fields, file) {
    const decoder = llamaDecoder(fields, file, {});
    const layers = decoder.layers.map((layer, index) => {
      if (index % 2 === 0) return layer;
      const mixer = {
        ...layer.mixer,
        heads: 2,
        kvHeads: 1,
        headDim: 6,
        rotary: 'wide',
        window: 9,
        qkNorm: 'head' as const,
      };
      return { ...layer, mixer, mlp: { ...layer.mlp, intermediateSize: 20, bias: true } };
    });
    const rotary = { ...decoder.rotary, wide: { ...decoder.rotary.all!, width: 6, theta: 50 } };
    return { ...decoder, layers, rotary };
  },
  gguf: { name: 'mixed-heads', fields: () => ({}) },
});
