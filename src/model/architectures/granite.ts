import * as z from 'zod';
import type { AttentionModel } from '../config.ts';
import { architecture, type GgufForm } from './architecture.ts';
import { flag } from './field-kinds.ts';
import { type LlamaDecoder, llamaDecoder } from './llama-decoder.ts';
import { shuffledHeads } from './shuffled-heads.ts';

const multiplier = z.number('must be a number').default(1);

/** Fields of config.json that all Granite models have. */
export const graniteFields = {
  attention_bias: flag.default(false),
  embedding_multiplier: multiplier,
  attention_multiplier: multiplier,
  residual_multiplier: multiplier,
  logits_scaling: multiplier,
};

/** A decoder with Granite's multipliers. */
export function multiplied(
  decoder: LlamaDecoder,
  multipliers: z.infer<z.ZodObject<typeof graniteFields>>,
): LlamaDecoder {
  const layers = decoder.layers.map((layer) => ({
    ...layer,
    mixer: { ...layer.mixer, scale: multipliers.attention_multiplier },
    residualScale: multipliers.residual_multiplier,
  }));
  const { embedding_multiplier: embeddingScale, logits_scaling: divisor } = multipliers;
  return { ...decoder, layers, embeddingScale, logitScale: 1 / divisor };
}

/** How llama.cpp keeps it. */
export const graniteGguf = {
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
  order: shuffledHeads,
  writes: {
    metadata: ({ layers, embeddingScale, logitScale }: AttentionModel) => ({
      embedding_scale: { type: 'float32', value: embeddingScale },
      'attention.scale': { type: 'float32', value: layers[0]!.mixer.scale },
      residual_scale: { type: 'float32', value: layers[0]!.residualScale },
      logit_scale: { type: 'float32', value: 1 / logitScale },
    }),
    problem: ({ layers, embeddingScale }: AttentionModel) =>
      embeddingScale === 0 || layers[0]!.mixer.scale === 0 || layers[0]!.residualScale === 0
        ? 'llama.cpp takes a multiplier of 0 for none'
        : undefined,
  },
} satisfies GgufForm;

/** Granite 3: Llama with a multiplier for embeddings, attention scores, residual branches and logits. */
export const granite = architecture({
  className: 'GraniteForCausalLM',
  modelType: 'granite',
  fields: { ...graniteFields, mlp_bias: flag.default(false) },
  describe(fields, file) {
    const bias = fields.attention_bias;
    const traits = { qkvBias: bias, outputBias: bias, mlpBias: fields.mlp_bias };
    return multiplied(llamaDecoder(fields, file, traits), fields);
  },
  gguf: graniteGguf,
});
