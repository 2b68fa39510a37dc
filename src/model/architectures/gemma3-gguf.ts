import type { AttentionModel } from '../config.ts';
import type { GgufForm } from './architecture.ts';
import { gemmaProblem, queryScalar, windowOf } from './gemma-gguf.ts';
import { layerTypesInGguf } from './window-pattern-gguf.ts';

const GRANTED = { name: 'Gemma 3', layersOf27B: 62, pattern: { every: 6, inWords: 'sixth' } };
/** Of the layers with a window, where the file does not say otherwise. */
const LOCAL_THETA = 10_000;

/** How llama.cpp keeps Gemma 3. */
export const gemma3Gguf: GgufForm = {
  name: 'gemma3',
  fields(file) {
    const { number } = file;
    const window = number('attention.sliding_window') || null;
    const rope = (rope_theta: number) => ({ rope_type: 'default', rope_theta });
    return {
      hidden_activation: 'gelu_pytorch_tanh',
      query_pre_attn_scalar: queryScalar(file, GRANTED),
      sliding_window: window,
      // Every layer sees all tokens where there is no window.
      layer_types: layerTypesInGguf(file, GRANTED.pattern.every).map((type) => (window ? type : 'full_attention')),
      rope_parameters: {
        full_attention: rope(number('rope.freq_base') ?? 10_000),
        sliding_attention: rope(number('rope.freq_base_swa') ?? LOCAL_THETA),
      },
      final_logit_softcapping: number('final_logit_softcapping') || null,
    };
  },
  writes: {
    hasKindsOfLayers: true,
    metadata: (model: AttentionModel) => ({
      'attention.sliding_window': { type: 'uint32', value: windowOf(model) ?? 0 },
      'rope.freq_base_swa': { type: 'float32', value: model.rotary.local!.theta },
    }),
    problem: (model: AttentionModel) =>
      model.rotary.local!.scaling.type === 'none'
        ? gemmaProblem(model, GRANTED)
        : 'llama.cpp stretches no frequencies of layers with windows',
  },
};
