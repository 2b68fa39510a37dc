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
  gguf: {
    name: 'granite',
    // Where llama.cpp finds no number, or 0, it multiplies with nothing.
    fields: ({ has, number }) => ({
      attention_bias: has('blk.0.attn_q.bias'),
      mlp_bias: has('blk.0.ffn_gate.bias'),
      embedding_multiplier: number('embedding_scale') || 1,
      attention_multiplier:
        number('attention.scale') ||
        (number('attention.key_length') ?? number('embedding_length')! / number('attention.head_count')!) ** -0.5,
      residual_multiplier: number('residual_scale') || 1,
      logits_scaling: number('logit_scale') || 1,
    }),
    shuffled: true,
    writes: {
      metadata: ({ layers, embeddingScale, logitScale }) => ({
        embedding_scale: { type: 'float32', value: embeddingScale },
        'attention.scale': { type: 'float32', value: layers[0]!.mixer.scale },
        residual_scale: { type: 'float32', value: layers[0]!.residualScale },
        logit_scale: { type: 'float32', value: 1 / logitScale },
      }),
      problem: ({ layers, embeddingScale }) =>
        embeddingScale === 0 || layers[0]!.mixer.scale === 0 || layers[0]!.residualScale === 0
          ? 'llama.cpp takes a multiplier of 0 for none'
          : undefined,
    },
  },
});
