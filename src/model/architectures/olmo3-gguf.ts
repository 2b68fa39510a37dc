import type { AttentionModel } from '../config.ts';
import type { GgufForm } from './architecture.ts';
import { olmo2Problem } from './olmo2.ts';
import { layerTypesInGguf } from './window-pattern-gguf.ts';

/** Every fourth layer sees all tokens, where the file does not say otherwise. */
const PATTERN = 4;
/** llama.cpp reads no others of OLMo 3. */
const BETAS = { fast: 32, slow: 1 };

/** How llama.cpp keeps OLMo 3: as an OLMo 2 with windows. */
export const olmo3Gguf: GgufForm = {
  name: 'olmo2',
  scalings: ['yarn'],
  reads: ({ number }) => Boolean(number('attention.sliding_window')),
  fields({ rope, ...file }) {
    const { number } = file;
    return {
      sliding_window: number('attention.sliding_window'),
      layer_types: layerTypesInGguf(file, PATTERN),
      rope_parameters: {
        full_attention: rope,
        sliding_attention: { rope_type: 'default', rope_theta: number('rope.freq_base_swa') ?? rope.rope_theta },
      },
      rope_theta: undefined,
      rope_scaling: undefined,
    };
  },
  writes: {
    hasKindsOfLayers: true,
    metadata: ({ layers, rotary }: AttentionModel) => ({
      'attention.sliding_window': { type: 'uint32', value: layers.find(hasWindow)!.mixer.window! },
      'attention.sliding_window_pattern': { type: 'bools', value: layers.map(hasWindow) },
      'rope.freq_base_swa': { type: 'float32', value: rotary.windows!.theta },
    }),
    problem(model: AttentionModel) {
      const { all, windows } = model.rotary;
      if (!model.layers.some(hasWindow)) return 'llama.cpp takes an OLMo 3 without windows for an OLMo 2';
      if (all!.theta !== windows!.theta) return 'llama.cpp has one "rope_theta" for all layers of OLMo 3';
      if (windows!.scaling.type !== 'none') return 'llama.cpp stretches no frequencies of layers with windows';
      const { scaling } = all!;
      if (scaling.type === 'yarn' && (scaling.betaFast !== BETAS.fast || scaling.betaSlow !== BETAS.slow))
        return `llama.cpp computes YaRN in OLMo 3 with "beta_fast" ${BETAS.fast} and "beta_slow" ${BETAS.slow} only`;
      return olmo2Problem(model);
    },
  },
};

const hasWindow = ({ mixer }: AttentionModel['layers'][number]): boolean => mixer.window !== undefined;
