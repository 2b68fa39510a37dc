import * as z from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import type { AttentionModel } from '../config.ts';
import { architecture } from './architecture.ts';
import { count, text } from './field-kinds.ts';
import { graniteFields, graniteGguf, multiplied } from './granite.ts';
import { layerTypes } from './layer-types.ts';
import { llamaDecoder } from './llama-decoder.ts';

/** Transformers' names where they are not Llama's: the MLP is what the experts of larger models share. */
const RENAMED = {
  mlp: 'shared_mlp',
  'mlp.gate_up_proj': 'shared_mlp.input_linear',
  'mlp.down_proj': 'shared_mlp.output_linear',
};
const [ATTENTION, FULL_ATTENTION, STATE_SPACE] = ['attention', 'full_attention', 'mamba'] as const;

/**
 * The dense models of Granite 4, whose class is that of the mixtures of experts with state-space layers: Granite's multipliers, gate and up in one
 * matrix, and rotary positions in all layers or in none (NoPE).
 */
export const granite4 = architecture({
  className: 'GraniteMoeHybridForCausalLM',
  modelType: 'granitemoehybrid',
  fields: {
    ...graniteFields,
    // Experts' width, which a dense model does not have.
    intermediate_size: count.default(11008),
    shared_intermediate_size: count.default(1024),
    num_local_experts: z.int('must be a number of experts').nullable().default(8),
    position_embedding_type: text.nullish(),
    layers_block_type: z.array(text, 'must be a list of strings').nullish(),
  },
  describe(fields, file) {
    if (fields.num_local_experts) {
      const message = `"num_local_experts" is ${fields.num_local_experts}, but mixtures of experts are not supported; the nearest that works is a dense Granite 4`;
      throw new BadInput(message, { file });
    }
    const types = { ...fields, layer_types: fields.layers_block_type ?? fields.layer_types };
    layerTypes(types, file, {
      kinds: [ATTENTION, FULL_ATTENTION],
      attention: types.layer_types?.includes(FULL_ATTENTION) ? FULL_ATTENTION : ATTENTION,
      otherwise: (): string => STATE_SPACE,
    });
    const bias = fields.attention_bias;
    const sizes = { ...fields, intermediate_size: fields.shared_intermediate_size };
    const decoder = multiplied(llamaDecoder(sizes, file, { qkvBias: bias, outputBias: bias }), fields);
    const isRotated = fields.position_embedding_type === 'rope';
    const layers = decoder.layers.map(({ mixer, mlp, ...layer }) => ({
      ...layer,
      mixer: { ...mixer, rotary: isRotated ? mixer.rotary : undefined },
      mlp: { ...mlp, fused: true },
    }));
    return { ...decoder, layers, rotary: isRotated ? decoder.rotary : {}, renamed: RENAMED };
  },
  // llama.cpp has it as Granite 3, with which a file is read too if it has rotary positions.
  gguf: {
    ...graniteGguf,
    names: { ffn_gate_up: ['ffn_gate', 'ffn_up'] },
    reads: ({ flag }) => flag('rope.scaling.finetuned') === false,
    fields: (file) => ({
      ...graniteGguf.fields(file),
      shared_intermediate_size: file.number('feed_forward_length'),
      num_local_experts: 0,
      layer_types: Array(file.number('block_count')!).fill(ATTENTION),
      position_embedding_type: 'nope',
    }),
    writes: {
      ...graniteGguf.writes,
      metadata: (model: AttentionModel) => ({
        ...graniteGguf.writes.metadata(model),
        // Granite's switch for rotary positions.
        'rope.scaling.finetuned': { type: 'bool', value: model.rotary.all !== undefined },
      }),
    },
  },
});
