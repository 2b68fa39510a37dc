import * as z from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import { architecture } from './architecture.ts';
import { count, positive } from './field-kinds.ts';
import { llamaDecoder } from './llama-decoder.ts';
import { rotarySchema, usedRope } from './rotary-fields.ts';
import { shuffledHeads } from './shuffled-heads.ts';

const rope = rotarySchema.extend({ llama_4_scaling_beta: z.number('must be a number').nullish() });
/** transformers' where config.json has none. */
const ROPE: z.infer<typeof rope> = {
  ...{ rope_type: 'yarn', rope_theta: 1e6, factor: 16, original_max_position_embeddings: 16_384 },
  ...{ beta_fast: 32, beta_slow: 1, mscale: 1, mscale_all_dim: 1, llama_4_scaling_beta: 0.1 },
};

/** Ministral 3: Llama with YaRN, and queries that grow with their position beyond the original context, as in Llama 4. */
export const ministral3 = architecture({
  className: 'Ministral3ForCausalLM',
  modelType: 'ministral3',
  fields: {
    num_key_value_heads: count.nullable().default(8),
    head_dim: count.nullable().default(128),
    rms_norm_eps: positive.default(1e-5),
    sliding_window: count.nullish(),
    rope_parameters: rope.nullish(),
    rope_scaling: rope.nullish(),
  },
  describe(fields, file) {
    const { rope_scaling } = fields;
    const rope_parameters = fields.rope_parameters ?? ROPE;
    const traits = { window: fields.sliding_window ?? undefined };
    const decoder = llamaDecoder({ ...fields, rope_parameters }, file, traits);
    const all = decoder.rotary.all!;
    if (all.scaling.type !== 'yarn')
      throw new BadInput(`the rope type is "${all.scaling.type}", but only "yarn" is supported for Ministral 3`, {
        file,
      });
    const rate = usedRope({ rope_parameters, rope_scaling })?.llama_4_scaling_beta;
    if (typeof rate !== 'number')
      throw new BadInput('the rope fields lack "llama_4_scaling_beta"; copy it from the original model', { file });
    const growth = { rate, every: all.scaling.originalMaxPositionEmbeddings };
    const layers = decoder.layers.map((layer) => ({ ...layer, mixer: { ...layer.mixer, queryRotary: 'queries' } }));
    return { ...decoder, layers, rotary: { all, queries: { ...all, growth } } };
  },
  gguf: {
    name: 'mistral3',
    scalings: ['yarn'],
    hasYarnWeight: true,
    order: shuffledHeads,
    fields: ({ number, rope }) => ({
      rope_parameters: { ...rope, llama_4_scaling_beta: number('attention.temperature_scale') },
      rope_theta: undefined,
      rope_scaling: undefined,
    }),
    writes: {
      metadata: ({ rotary }) => ({
        'attention.temperature_scale': { type: 'float32', value: rotary.queries!.growth!.rate },
      }),
      problem({ rotary }) {
        const { scaling } = rotary.all!;
        if (scaling.type !== 'yarn' || scaling.factor <= 1)
          return 'llama.cpp has no Ministral 3 whose context is not stretched ("factor")';
        return scaling.truncate
          ? undefined
          : 'llama.cpp rounds the range in which YaRN blends frequencies ("truncate")';
      },
    },
  },
});
