import { BadInput } from '../../protocol/errors.ts';
import type { AttentionModel } from '../config.ts';
import { architecture } from './architecture.ts';
import { count, positive } from './field-kinds.ts';
import { llamaDecoder } from './llama-decoder.ts';
import type { RopeFields } from './rotary-fields.ts';

/** transformers reads these as LongRoPE, which they were called in old files. */
const OLD_NAMES = ['su', 'yarn'];
const renamed = (rope: RopeFields | null | undefined) =>
  rope && OLD_NAMES.includes(rope.rope_type ?? rope.type ?? '') ? { ...rope, rope_type: 'longrope' } : rope;

/**
 * Phi-3, Phi-3.5 and Phi-4-mini: Llama with q, k and v in one matrix, and gate and up in another; windows, and in Phi-4-mini heads that are
 * rotated in part.
 */
export const phi3 = architecture({
  className: 'Phi3ForCausalLM',
  modelType: 'phi3',
  fields: {
    rms_norm_eps: positive.default(1e-5),
    sliding_window: count.nullish(),
  },
  describe(fields, file) {
    const rope = {
      rope_parameters: renamed(fields.rope_parameters),
      rope_scaling: renamed(fields.rope_scaling),
      // transformers' default, which goes before what the rope fields say.
      original_max_position_embeddings: fields.original_max_position_embeddings ?? 4096,
    };
    const traits = { window: fields.sliding_window ?? undefined, partialRotary: true };
    const decoder = llamaDecoder({ ...fields, ...rope }, file, traits);
    const { type } = decoder.rotary.all!.scaling;
    if (type !== 'none' && type !== 'longrope')
      throw new BadInput(`the rope type is "${type}", but Phi-3 has "default" and "longrope" only`, { file });
    const layers = decoder.layers.map(({ mixer, mlp, ...layer }) => ({
      ...layer,
      mixer: { ...mixer, fused: 'last' as const },
      mlp: { ...mlp, fused: true },
    }));
    return { ...decoder, layers };
  },
  gguf: {
    name: 'phi3',
    names: { ffn_gate_up: 'ffn_up' },
    scalings: ['longrope'],
    fields: ({ number }) => ({
      sliding_window: number('attention.sliding_window') || null,
      original_max_position_embeddings: number('rope.scaling.original_context_length') ?? number('context_length'),
    }),
    writes: {
      // Without it, older versions of llama.cpp take the window of the first Phi-3.
      metadata: ({ layers }: AttentionModel) => ({
        'attention.sliding_window': { type: 'uint32', value: layers[0]!.mixer.window ?? 0 },
      }),
      problem({ layers, hiddenSize }: AttentionModel) {
        const { heads, headDim } = layers[0]!.mixer;
        return heads * headDim === hiddenSize
          ? undefined
          : 'llama.cpp has no Phi-3 with "head_dim" other than "hidden_size" / "num_attention_heads"';
      },
    },
  },
});
