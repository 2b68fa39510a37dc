import * as z from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import type { ModelDescription, Rotary, RotaryScaling } from '../config.ts';
import { count, flag, positive, text } from './field-kinds.ts';

const factors = z.array(positive, 'must be a list of positive numbers');

export const rotarySchema = z.object({
  rope_type: text.optional(),
  type: text.optional(),
  rope_theta: positive.nullish(),
  partial_rotary_factor: positive.nullish(),
  factor: positive.nullish(),
  low_freq_factor: positive.nullish(),
  high_freq_factor: positive.nullish(),
  original_max_position_embeddings: count.nullish(),
  attention_factor: positive.nullish(),
  beta_fast: positive.nullish(),
  beta_slow: positive.nullish(),
  mscale: z.number('must be a number').nullish(),
  mscale_all_dim: z.number('must be a number').nullish(),
  truncate: flag.optional(),
  short_factor: factors.optional(),
  long_factor: factors.optional(),
});
/** The same for one type of layers. transformers looks for `truncate` where only models with one table have it. */
const rotarySchemaOfLayers = rotarySchema.omit({ truncate: true });
/** The older field is for one table, and transformers would take tables in it for those of the layers. */
const elsewhere = z.undefined('must be in "rope_parameters"').optional();
export type RopeFields = z.infer<typeof rotarySchema>;

/** The fields of config.json about rotary positions. transformers 5 writes `rope_parameters`; 4 wrote `rope_theta` and `rope_scaling`. */
export const rotaryFields = {
  rope_parameters: rotarySchema.nullish(),
  rope_scaling: rotarySchema.nullish(),
  rope_theta: positive.nullish(),
  partial_rotary_factor: positive.nullish(),
  original_max_position_embeddings: count.nullish(),
};
interface EitherRope<F> {
  rope_parameters?: F | null | undefined;
  rope_scaling?: F | null | undefined;
}
interface RotaryFields extends EitherRope<RopeFields> {
  rope_theta?: number | null | undefined;
  partial_rotary_factor?: number | null | undefined;
  original_max_position_embeddings?: number | null | undefined;
  max_position_embeddings: number;
}

/** The fields of models whose layers with windows have a table of their own. */
export const rotaryFieldsByLayer = {
  rope_parameters: z
    .object({ full_attention: rotarySchemaOfLayers.nullish(), sliding_attention: rotarySchemaOfLayers.nullish() })
    .nullish(),
  rope_scaling: rotarySchemaOfLayers.extend({ full_attention: elsewhere, sliding_attention: elsewhere }).nullish(),
};

/** The fields of such a model for each type of its layers. transformers merges the older field into those of the full ones, whose type it sets first. */
export function ropeByLayer(fields: z.infer<z.ZodObject<typeof rotaryFieldsByLayer>>) {
  const rope = fields.rope_parameters ?? { full_attention: { rope_type: 'default' } };
  return { full: { ...rope.full_attention, ...fields.rope_scaling }, sliding: rope.sliding_attention };
}

/** What an architecture's tables may be, and are where config.json does not say it. */
interface RotaryTraits {
  headDim: number;
  /** 10,000 where it is not given. */
  defaultTheta?: number | undefined;
  /** transformers rotates a part of each head, where config.json says so. */
  partial?: boolean | undefined;
}

/** The table that these fields mean; `file` is for the message when it is not supported. */
export function readRotary(fields: RotaryFields, file: string, { headDim, ...traits }: RotaryTraits): Rotary {
  const rope = usedRope(fields) ?? {};
  const partial = rope.partial_rotary_factor ?? fields.partial_rotary_factor ?? 1;
  if (partial !== 1 && !traits.partial) {
    const message = `"partial_rotary_factor" is ${partial}, but the architecture rotates whole heads`;
    throw new BadInput(message, { file });
  }
  const width = Math.floor(headDim * partial);
  if (width % 2 !== 0 || width === 0 || width > headDim) {
    const message = `"partial_rotary_factor" is ${partial}, but it must leave an even number of the ${headDim} features of a head`;
    throw new BadInput(message, { file });
  }
  const theta = rope.rope_theta ?? fields.rope_theta ?? traits.defaultTheta ?? 10_000;
  return { width, theta, ...readScaling(rope, fields, width, file) };
}

/** The fields that count. An empty `rope_scaling` is as good as none. */
export const usedRope = <F extends RopeFields>({ rope_scaling: older, rope_parameters: newer }: EitherRope<F>) =>
  older && Object.keys(older).length > 0 ? older : newer;

const SCALINGS = ['default', 'linear', 'dynamic', 'llama3', 'yarn', 'longrope'];

function readScaling(
  rope: RopeFields,
  fields: RotaryFields,
  width: number,
  file: string,
): { scaling: RotaryScaling; attentionFactor: number } {
  const type = rope.rope_type ?? rope.type ?? 'default';
  const required = <K extends keyof RopeFields>(name: K): NonNullable<RopeFields[K]> => {
    const value = rope[name];
    if (value !== undefined && value !== null) return value;
    throw new BadInput(`the "${type}" rope scaling lacks "${name}"; copy it from the original model`, { file });
  };
  const plain = (scaling: RotaryScaling) => ({ scaling, attentionFactor: 1 });
  // As transformers takes it: what is beside the rope fields goes first.
  const original =
    fields.original_max_position_embeddings ?? rope.original_max_position_embeddings ?? fields.max_position_embeddings;
  const extension = fields.max_position_embeddings / original;
  switch (type) {
    case 'default':
      return plain({ type: 'none' });
    case 'linear':
      return plain({ type, factor: required('factor') });
    case 'dynamic':
      required('factor');
      return plain({ type });
    case 'llama3':
      return plain({
        type,
        factor: required('factor'),
        lowFreqFactor: required('low_freq_factor'),
        highFreqFactor: required('high_freq_factor'),
        originalMaxPositionEmbeddings: original,
      });
    case 'yarn': {
      // null is a value: what follows from the contexts.
      const factor = rope.factor === null ? extension : required('factor');
      const blended = {
        betaFast: rope.beta_fast ?? 32,
        betaSlow: rope.beta_slow ?? 1,
        truncate: rope.truncate ?? true,
      };
      return {
        scaling: { type, factor, originalMaxPositionEmbeddings: original, ...blended },
        attentionFactor: rope.attention_factor ?? yarnAttentionFactor(factor, rope),
      };
    }
    case 'longrope': {
      const short = required('short_factor');
      for (const name of ['short_factor', 'long_factor'] as const) {
        const { length } = required(name);
        if (length !== width / 2)
          throw new BadInput(`"${name}" has ${length} numbers, but ${width / 2} pairs of features are rotated`, {
            file,
          });
      }
      const factor = rope.factor ?? extension;
      const beyond = { factors: required('long_factor'), maxPositionEmbeddings: fields.max_position_embeddings };
      const usual = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
      return {
        scaling: { type, factors: short, originalMaxPositionEmbeddings: original, beyond },
        attentionFactor: rope.attention_factor ?? usual,
      };
    }
    default: {
      const known = SCALINGS.map((name) => `"${name}"`).join(', ');
      throw new BadInput(`the rope type is "${type}", but only ${known} are supported`, { file });
    }
  }
}

function yarnAttentionFactor(factor: number, { mscale, mscale_all_dim }: RopeFields): number {
  const scaleOf = (weight: number) => (factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1);
  return mscale && mscale_all_dim ? scaleOf(mscale) / scaleOf(mscale_all_dim) : scaleOf(1);
}

/** Why llama.cpp cannot run a model of Qwen's: it stretches frequencies as Llama 3 does in Llama's own architecture only. */
export const stretchedRotary = ({ rotary }: ModelDescription): string | undefined =>
  Object.values(rotary).some(({ scaling }) => scaling.type === 'llama3')
    ? 'llama.cpp has the "llama3" rope scaling for Llama models only'
    : undefined;
