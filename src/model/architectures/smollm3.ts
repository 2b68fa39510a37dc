import * as z from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import type { AttentionModel } from '../config.ts';
import { architecture } from './architecture.ts';
import { count, flag } from './field-kinds.ts';
import { llamaDecoder } from './llama-decoder.ts';
import { stretchedRotary } from './rotary-fields.ts';
import { shuffledHeads } from './shuffled-heads.ts';

/** llama.cpp has no other, and no key for it. */
const LLAMA_CPP_INTERVAL = 4;

/** SmolLM3: Llama whose every fourth layer has no rotary positions (NoPE, arXiv:2305.19466). */
export const smollm3 = architecture({
  className: 'SmolLM3ForCausalLM',
  modelType: 'smollm3',
  fields: {
    use_sliding_window: flag.nullish(),
    sliding_window: count.nullish(),
    num_key_value_heads: count.nullable().default(4),
    tie_word_embeddings: flag.default(true),
    attention_bias: flag.default(false),
    mlp_bias: flag.default(false),
    no_rope_layers: z.array(z.int('must be 0 or 1'), 'must be a list of 0 and 1').nullish(),
    no_rope_layer_interval: count.default(4),
  },
  describe(fields, file) {
    const bias = fields.attention_bias;
    const traits = { qkvBias: bias, outputBias: bias, mlpBias: fields.mlp_bias, defaultTheta: 2e6 };
    const decoder = llamaDecoder(fields, file, traits);
    const isRotated = (layer: number) =>
      fields.no_rope_layers ? fields.no_rope_layers[layer] !== 0 : (layer + 1) % fields.no_rope_layer_interval !== 0;
    const listed = fields.no_rope_layers?.length ?? fields.num_hidden_layers;
    if (listed < fields.num_hidden_layers)
      throw new BadInput(
        `"no_rope_layers" is a list of length ${listed}, but "num_hidden_layers" is ${fields.num_hidden_layers}`,
        { file },
      );
    if (fields.use_sliding_window || fields.layer_types?.some((type) => type !== 'full_attention'))
      throw new BadInput('the model uses sliding-window attention, which is not supported for SmolLM3', { file });
    const layers = decoder.layers.map((layer, index) =>
      isRotated(index) ? layer : { ...layer, mixer: { ...layer.mixer, rotary: undefined } },
    );
    return { ...decoder, layers };
  },
  gguf: {
    name: 'smollm3',
    fields: ({ has }) => ({
      attention_bias: has('blk.0.attn_output.bias'),
      no_rope_layer_interval: LLAMA_CPP_INTERVAL,
    }),
    order: shuffledHeads,
    writes: {
      hasKindsOfLayers: true,
      problem(model: AttentionModel) {
        if (model.layers.some(({ mixer, mlp }) => mixer.qkvBias || mixer.outputBias || mlp.bias))
          return 'llama.cpp has no biases in SmolLM3 ("attention_bias", "mlp_bias")';
        const differs = model.layers.some(
          ({ mixer }, layer) => (mixer.rotary === undefined) !== ((layer + 1) % LLAMA_CPP_INTERVAL === 0),
        );
        if (differs) return 'llama.cpp leaves positions out of every fourth layer of SmolLM3, this model of others';
        return stretchedRotary(model);
      },
    },
  },
});
