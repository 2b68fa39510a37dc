import { z } from 'zod';
import { architecture } from './architecture.ts';
import { flag } from './field-kinds.ts';
import { llamaDecoder } from './llama-decoder.ts';

const multiplier = z.number('must be a number').default(1);

/** Granite 3 and the dense ones of Granite 4: Llama with a multiplier for embeddings, attention scores, residual branches and logits. */
export const granite = architecture({
  className: 'GraniteForCausalLM',
  modelType: 'granite',
  fields: {
    attention_bias: flag.default(false),
    mlp_bias: flag.default(false),
    embedding_multiplier: multiplier,
    attention_multiplier: multiplier,
    residual_multiplier: multiplier,
    logits_scaling: multiplier,
  },
  describe(fields, file) {
    const bias = fields.attention_bias;
    const decoder = llamaDecoder(fields, file, { qkvBias: bias, outputBias: bias, mlpBias: fields.mlp_bias });
    const layers = decoder.layers.map((layer) => ({
      ...layer,
      mixer: { ...layer.mixer, scale: fields.attention_multiplier },
      residualScale: fields.residual_multiplier,
    }));
    return { ...decoder, layers, embeddingScale: fields.embedding_multiplier, logitScale: 1 / fields.logits_scaling };
  },
});
