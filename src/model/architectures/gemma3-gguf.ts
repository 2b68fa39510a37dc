import type { AttentionModel } from '../config.ts';
import type { GgufFile, GgufForm } from './architecture.ts';
import { stretchedRotary } from './rotary-fields.ts';

/** Every sixth layer sees all tokens, where the file does not say otherwise. */
const PATTERN = 6;
/** Of the layers with a window, likewise. */
const LOCAL_THETA = 10_000;
/** llama.cpp knows Gemma 3 27B by its layers, and scales its attention scores by the width of the embeddings. */
const LAYERS_OF_27B = 62;

/** How llama.cpp keeps Gemma 3. */
export const gemma3Gguf: GgufForm = {
  name: 'gemma3',
  fields(file) {
    const { number } = file;
    const width = number('embedding_length')! / number('attention.head_count')!;
    const isLarge = number('block_count') === LAYERS_OF_27B;
    const rope = (rope_theta: number) => ({ rope_type: 'default', rope_theta });
    return {
      hidden_activation: 'gelu_pytorch_tanh',
      query_pre_attn_scalar: isLarge ? width : (number('attention.key_length') ?? width),
      sliding_window: number('attention.sliding_window') || null,
      layer_types: layerTypes(file),
      rope_parameters: {
        full_attention: rope(number('rope.freq_base') ?? 10_000),
        sliding_attention: rope(number('rope.freq_base_swa') ?? LOCAL_THETA),
      },
      final_logit_softcapping: number('final_logit_softcapping') || null,
    };
  },
  writes: {
    hasKindsOfLayers: true,
    metadata({ layers, rotary }: AttentionModel) {
      const window = layers.find(({ mixer }) => mixer.window !== undefined)?.mixer.window;
      return {
        'attention.sliding_window': { type: 'uint32', value: window ?? 0 },
        'rope.freq_base_swa': { type: 'float32', value: rotary.local!.theta },
      };
    },
    problem: writingProblem,
  },
};

function layerTypes({ number, list }: GgufFile): string[] {
  const every = number('attention.sliding_window_pattern') ?? PATTERN;
  const listed = list('attention.sliding_window_pattern');
  const hasWindow = (layer: number) =>
    Boolean(number('attention.sliding_window')) && (listed ? Boolean(listed[layer]) : (layer + 1) % every !== 0);
  return Array.from({ length: number('block_count')! }, (_, layer) =>
    hasWindow(layer) ? 'sliding_attention' : 'full_attention',
  );
}

function writingProblem(model: AttentionModel): string | undefined {
  const { layers, hiddenSize, rotary } = model;
  const { mixer } = layers[0]!;
  if (mixer.qkvBias || mixer.outputBias) return 'llama.cpp has no biases in Gemma 3 ("attention_bias")';
  const divisor = layers.length === LAYERS_OF_27B ? hiddenSize / mixer.heads : mixer.headDim;
  if (Math.abs(mixer.scale * Math.sqrt(divisor) - 1) > 1e-6)
    return `llama.cpp scales its attention scores by ${divisor}, which "query_pre_attn_scalar" is not`;
  // Older versions of llama.cpp take this pattern for granted, whatever the file says.
  if (layers.some(({ mixer }, layer) => (mixer.window === undefined) !== ((layer + 1) % PATTERN === 0)))
    return 'llama.cpp wants windows in all layers but every sixth one';
  if (rotary.local!.scaling.type !== 'none') return 'llama.cpp stretches no frequencies of layers with windows';
  return stretchedRotary(model);
}
