import { z } from 'zod';
import { architecture } from '../../../../src/model/architectures/architecture.ts';
import { llamaDecoder } from '../../../../src/model/architectures/llama-decoder.ts';

/** Granite 3: Llama with a multiplier for embeddings, attention scores, residual branches and logits. */
export const granite = architecture({
  className: 'GraniteForCausalLM',
  modelType: 'granite',
  fields: {
    embedding_multiplier: z.number(),
    attention_multiplier: z.number(),
    residual_multiplier: z.number(),
    logits_scaling: z.number(),
  },
  describe(fields, file) {
    const decoder = llamaDecoder(fields, file, {});
    const layers = decoder.layers.map((layer) => ({
      ...layer,
      mixer: { ...layer.mixer, scale: fields.attention_multiplier },
      residualScale: fields.residual_multiplier,
    }));
    return { ...decoder, layers, embeddingScale: fields.embedding_multiplier, logitScale: 1 / fields.logits_scaling };
  },
  gguf: { name: 'granite', fields: () => ({}), shuffled: true },
});
