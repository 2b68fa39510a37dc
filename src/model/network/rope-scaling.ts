import { z } from 'zod';
import { BadInput } from '../../protocol/errors.ts';

/** Rotary frequencies as they are, or stretched as Llama 3.1 does for long contexts. */
export type RopeScaling =
  | { type: 'none' }
  | {
      type: 'llama3';
      factor: number;
      lowFreqFactor: number;
      highFreqFactor: number;
      originalMaxPositionEmbeddings: number;
    };

const count = z.int('must be a positive integer').positive('must be a positive integer');
const positive = z.number('must be a positive number').positive('must be a positive number');
const text = z.string('must be a string');

/** The fields of `rope_parameters` and `rope_scaling` in config.json. */
export const ropeSchema = z.object({
  rope_type: text.optional(),
  type: text.optional(),
  rope_theta: positive.nullish(),
  partial_rotary_factor: positive.nullish(),
  factor: positive.nullish(),
  low_freq_factor: positive.nullish(),
  high_freq_factor: positive.nullish(),
  original_max_position_embeddings: count.nullish(),
});
export type RopeFields = z.infer<typeof ropeSchema>;

/** What they say; `file` is for the message when we cannot do it. */
export function ropeScalingOf(rope: RopeFields, file: string): RopeScaling {
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
