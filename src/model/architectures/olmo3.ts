import type { Layer, ModelDescription } from '../config.ts';
import { architecture } from './architecture.ts';
import { count, flag, positive } from './field-kinds.ts';
import { llamaDecoder } from './llama-decoder.ts';
import { olmo3Gguf } from './olmo3-gguf.ts';
import { readRotary, ropeByLayer, rotaryFieldsByLayer } from './rotary-fields.ts';
import { layersThatSeeAll } from './sliding-window.ts';

const NORMS: Layer['norms'] = { afterMixer: 'post_attention_layernorm', afterMlp: 'post_feedforward_layernorm' };
const THETA = 500_000;
/** Every fourth layer sees all tokens, where config.json does not say otherwise. */
const PATTERN = 4;

/**
 * OLMo 3 (arXiv:2512.13961): OLMo 2, three of four layers of which see a window. Layers of each kind have a rotary table; of long contexts only
 * that of the full ones is stretched.
 */
export const olmo3 = architecture({
  className: 'Olmo3ForCausalLM',
  modelType: 'olmo3',
  fields: {
    attention_bias: flag.default(false),
    rms_norm_eps: positive.default(1e-5),
    sliding_window: count.nullable().default(4096),
    ...rotaryFieldsByLayer,
  },
  describe(fields, file): ModelDescription {
    const { sliding_window: window, attention_bias: bias } = fields;
    const seesAll = layersThatSeeAll(fields, PATTERN, file);
    const rope = ropeByLayer(fields);
    const full = {
      ...fields,
      ...{ rope_parameters: rope.full, rope_scaling: undefined, original_max_position_embeddings: undefined },
    };
    const traits = { qkNorm: 'all', qkvBias: bias, outputBias: bias, defaultTheta: THETA } as const;
    const decoder = llamaDecoder(full, file, traits);
    // Without `rope_theta`, which transformers takes for the full layers alone.
    const ofWindows = { rope_parameters: rope.sliding, max_position_embeddings: fields.max_position_embeddings };
    const { headDim } = decoder.layers[0]!.mixer;
    const windows = readRotary(ofWindows, file, { headDim, defaultTheta: THETA });
    const layers = decoder.layers.map(({ mixer, ...layer }, index): Layer => {
      const windowed = { ...mixer, window: window ?? undefined, rotary: 'windows' };
      return { ...layer, norms: NORMS, mixer: seesAll[index] ? mixer : windowed };
    });
    return { ...decoder, layers, rotary: { ...decoder.rotary, windows } };
  },
  gguf: olmo3Gguf,
});
