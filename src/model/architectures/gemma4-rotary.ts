import type * as z from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import type { Rotary } from '../config.ts';
import { FULL, type Heads, type LayerType, SLIDING } from './gemma4-heads.ts';
import { type RopeFields, readRotary, type rotaryFieldsByLayer } from './rotary-fields.ts';

type Fields = z.infer<z.ZodObject<typeof rotaryFieldsByLayer>> & { max_position_embeddings: number };

/** Where config.json says nothing at all of them. */
const DEFAULTS: Record<LayerType, RopeFields> = {
  [SLIDING]: { rope_type: 'default', rope_theta: 10_000 },
  [FULL]: { rope_type: 'proportional', partial_rotary_factor: 0.25, rope_theta: 1e6 },
};

/** The rotary table of each of these types of layers. */
export function gemma4Rotary(
  fields: Fields,
  heads: Record<LayerType, Heads>,
  types: ReadonlySet<LayerType>,
  file: string,
): Record<string, Rotary> {
  const tableOf = (type: LayerType): Rotary => {
    const rope = (fields.rope_parameters ?? DEFAULTS)[type];
    if (!rope) throw new BadInput(`"rope_parameters" lacks "${type}"; copy it from the original model`, { file });
    const { headDim } = heads[type];
    if (rope.rope_type === 'proportional') return proportional(rope, headDim, file);
    const { max_position_embeddings } = fields;
    return readRotary({ rope_parameters: rope, max_position_embeddings }, file, { headDim });
  };
  return Object.fromEntries([...types].map((type) => [type, tableOf(type)]));
}

/** Some pairs of features turn as in a head whose pairs all do. Source: `_compute_proportional_rope_parameters` of transformers. */
function proportional(rope: RopeFields, width: number, file: string): Rotary {
  const share = rope.partial_rotary_factor ?? 1;
  if (share > 1) throw new BadInput(`"partial_rotary_factor" is ${share}, but it must be at most 1`, { file });
  const pairs = Math.floor((share * width) / 2);
  const scaling = { type: 'proportional', pairs, factor: rope.factor ?? 1 } as const;
  return { width, theta: rope.rope_theta ?? 10_000, scaling, attentionFactor: 1 };
}
