import type { AttentionModel } from '../config.ts';
import type { GgufForm } from './architecture.ts';
import { gemmaProblem, queryScalar, windowOf } from './gemma-gguf.ts';
import { layerTypesInGguf } from './window-pattern-gguf.ts';

const GRANTED = { name: 'Gemma 2', layersOf27B: 46, pattern: { every: 2, inWords: 'second' } };
/** Where the file does not say otherwise. */
const DEFAULTS = { window: 4096, scoreCap: 50, logitCap: 30 };

/** How llama.cpp keeps Gemma 2. */
export const gemma2Gguf: GgufForm = {
  name: 'gemma2',
  fields(file) {
    const { number } = file;
    return {
      hidden_activation: 'gelu_pytorch_tanh',
      query_pre_attn_scalar: queryScalar(file, GRANTED),
      sliding_window: number('attention.sliding_window') ?? DEFAULTS.window,
      layer_types: layerTypesInGguf(file, GRANTED.pattern.every),
      attn_logit_softcapping: number('attn_logit_softcapping') ?? DEFAULTS.scoreCap,
      final_logit_softcapping: number('final_logit_softcapping') ?? DEFAULTS.logitCap,
    };
  },
  writes: {
    hasKindsOfLayers: true,
    metadata: (model: AttentionModel) => ({
      'attention.sliding_window': { type: 'uint32', value: windowOf(model)! },
      attn_logit_softcapping: { type: 'float32', value: model.layers[0]!.mixer.scoreCap! },
      final_logit_softcapping: { type: 'float32', value: model.logitCap! },
    }),
    problem(model: AttentionModel) {
      const capped = { attn: model.layers[0]!.mixer.scoreCap, final: model.logitCap };
      for (const [name, cap] of Object.entries(capped))
        if (cap === undefined) return `llama.cpp has no Gemma 2 without "${name}_logit_softcapping"`;
      if (!model.tieEmbeddings) return 'llama.cpp has no Gemma 2 whose output head is not the embedding matrix';
      return gemmaProblem(model, GRANTED);
    },
  },
};
