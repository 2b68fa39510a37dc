import { isAttention, type ModelDescription } from '../config.ts';
import type { GgufForm } from './architecture.ts';
import { stretchedRotary } from './rotary-fields.ts';

/** How llama.cpp keeps LFM2: the layers without key and value heads are convolutions. */
export const lfm2Gguf: GgufForm = {
  name: 'lfm2',
  names: { output_norm: 'token_embd_norm' },
  fields({ number, list }) {
    return {
      layer_types: list('attention.head_count_kv')?.map((heads) => (heads === 0 ? 'conv' : 'full_attention')),
      norm_eps: number('attention.layer_norm_rms_epsilon'),
      // The width that the file has is the one that the MLPs have.
      block_auto_adjust_ff_dim: false,
      conv_L_cache: number('shortconv.l_cache'),
      sliding_window: number('attention.sliding_window') || null,
    };
  },
  writes: {
    hasKindsOfLayers: true,
    metadata: (model) => ({
      'attention.head_count_kv': {
        type: 'int32s',
        value: model.layers.map(({ mixer }) => (isAttention(mixer) ? mixer.kvHeads : 0)),
      },
      'shortconv.l_cache': { type: 'uint32', value: convolutionOf(model)?.width ?? 2 },
    }),
    problem(model) {
      const convolution = convolutionOf(model);
      if (convolution?.bias) return 'llama.cpp has no biases in the convolutions of LFM2 ("conv_bias")';
      if (convolution?.width === 1) return 'llama.cpp has no convolutions over a single token ("conv_L_cache")';
      const { heads, headDim } = model.layers.map(({ mixer }) => mixer).find(isAttention)!;
      if (heads * headDim !== model.hiddenSize)
        return 'llama.cpp has no LFM2 with "head_dim" other than "hidden_size" / "num_attention_heads"';
      return stretchedRotary(model);
    },
  },
};

const convolutionOf = ({ layers }: ModelDescription) =>
  layers.map(({ mixer }) => mixer).find((mixer) => mixer.kind === 'short-convolution');
