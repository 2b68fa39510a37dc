import * as z from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import type { Attention, Layer } from '../config.ts';
import { count, flag } from './field-kinds.ts';

const SLIDING = 'sliding_attention';
const FULL = 'full_attention';

/** The fields of config.json that make the attention of some of Qwen's layers end at a window, with transformers' defaults. */
export const slidingWindowFields = {
  use_sliding_window: flag.nullish(),
  sliding_window: count.nullable().default(4096),
  max_window_layers: z.int('must be a whole number').min(0, 'must not be negative').default(28),
};
interface LayerTypes {
  layer_types?: string[] | null | undefined;
}
interface SlidingWindowFields extends LayerTypes {
  use_sliding_window?: boolean | null | undefined;
  sliding_window: number | null;
  max_window_layers: number;
}

/** The list of config.json, if there is one, in which layers differ in their windows alone. */
function listedTypes({ layer_types: types }: LayerTypes, file: string): string[] | undefined {
  const other = types?.find((type) => type !== FULL && type !== SLIDING);
  if (other === undefined) return types ?? undefined;
  throw new BadInput(`"layer_types" has "${other}", but only "${FULL}" and "${SLIDING}" are supported`, { file });
}

/** For each layer whether it sees all tokens, not a window: as `layer_types` has it, else every `pattern`th. */
export function layersThatSeeAll(
  fields: LayerTypes & { num_hidden_layers: number; sliding_window: number | null },
  pattern: number,
  file: string,
): boolean[] {
  const types = listedTypes(fields, file);
  const seesAll = Array.from({ length: fields.num_hidden_layers }, (_, layer) =>
    types ? types[layer] === FULL : (layer + 1) % pattern === 0,
  );
  if (fields.sliding_window === null && seesAll.includes(false))
    throw new BadInput('"sliding_window" is null, but some layers have sliding windows', { file });
  return seesAll;
}

/** The layers with their windows: those that `layer_types` names, else those from `max_window_layers` on. */
export function withWindows(
  layers: readonly Layer<Attention>[],
  fields: SlidingWindowFields,
  file: string,
): Layer<Attention>[] {
  const window = fields.use_sliding_window ? fields.sliding_window : null;
  const types = listedTypes(fields, file);
  const isSliding = (layer: number) =>
    types ? types[layer] === SLIDING : window !== null && layer >= fields.max_window_layers;
  return layers.map((layer, index) => {
    if (!isSliding(index)) return layer;
    if (window === null)
      throw new BadInput(
        `"layer_types" has "${SLIDING}", but "use_sliding_window" and "sliding_window" give no window`,
        {
          file,
        },
      );
    return { ...layer, mixer: { ...layer.mixer, window } };
  });
}
