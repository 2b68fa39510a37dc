import { z } from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import type { ModelDescription, RotaryScaling } from '../config.ts';
import { count, positive, text } from './field-kinds.ts';

export const rotarySchema = z.object({
  rope_type: text.optional(),
  type: text.optional(),
  rope_theta: positive.nullish(),
  partial_rotary_factor: positive.nullish(),
  factor: positive.nullish(),
  low_freq_factor: positive.nullish(),
  high_freq_factor: positive.nullish(),
  original_max_position_embeddings: count.nullish(),
});
type Fields = z.infer<typeof rotarySchema>;

/** The fields of config.json about rotary positions. transformers 5 writes `rope_parameters`; 4 wrote `rope_theta` and `rope_scaling`. */
export const rotaryFields = {
  rope_parameters: rotarySchema.nullish(),
  rope_scaling: rotarySchema.nullish(),
  rope_theta: positive.nullish(),
  partial_rotary_factor: positive.nullish(),
};
interface RotaryFields {
  rope_parameters?: Fields | null | undefined;
  rope_scaling?: Fields | null | undefined;
  rope_theta?: number | null | undefined;
  partial_rotary_factor?: number | null | undefined;
}

/** The base and scaling that these fields mean; `file` is for the message when the scaling is not supported. */
export function readRotary(
  fields: RotaryFields,
  file: string,
  defaultTheta = 10_000,
): { theta: number; scaling: RotaryScaling } {
  const { rope_scaling: older, rope_parameters: newer } = fields;
  // An empty `rope_scaling` is as good as none.
  const rope = older && Object.keys(older).length > 0 ? older : (newer ?? {});
  const partial = rope.partial_rotary_factor ?? fields.partial_rotary_factor ?? 1;
  if (partial !== 1) {
    const message = `"partial_rotary_factor" is ${partial}, but only models that rotate whole heads are supported`;
    throw new BadInput(message, { file });
  }
  return { theta: rope.rope_theta ?? fields.rope_theta ?? defaultTheta, scaling: readScaling(rope, file) };
}

function readScaling(rope: Fields, file: string): RotaryScaling {
  const type = rope.rope_type ?? rope.type ?? 'default';
  if (type === 'default') return { type: 'none' };
  if (type !== 'llama3') {
    throw new BadInput(`the rope type is "${type}", but only "default" and "llama3" are supported`, { file });
  }
  const required = (name: 'factor' | 'low_freq_factor' | 'high_freq_factor' | 'original_max_position_embeddings') => {
    const value = rope[name];
    if (value === undefined || value === null) {
      throw new BadInput(`the "llama3" rope scaling lacks "${name}"; copy it from the original model`, { file });
    }
    return value;
  };
  return {
    type: 'llama3',
    factor: required('factor'),
    lowFreqFactor: required('low_freq_factor'),
    highFreqFactor: required('high_freq_factor'),
    originalMaxPositionEmbeddings: required('original_max_position_embeddings'),
  };
}

/** Why llama.cpp cannot run a model of Qwen's: it stretches frequencies as Llama 3 does in Llama's own architecture only. */
export const stretchedRotary = ({ rotary }: ModelDescription): string | undefined =>
  Object.values(rotary).some(({ scaling }) => scaling.type === 'llama3')
    ? 'llama.cpp has the "llama3" rope scaling for Llama models only'
    : undefined;
