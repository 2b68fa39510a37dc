import { z } from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import type { Attention, Layer } from '../config.ts';
import { count, flag } from './field-kinds.ts';

const SLIDING = 'sliding_attention';
const FULL = 'full_attention';

export const layerTypes = z.array(z.string('must be a string'), 'must be a list of strings').nullish();

/** The fields of config.json that make the attention of some of Qwen's layers end at a window, with transformers' defaults. */
export const slidingWindowFields = {
  use_sliding_window: flag.nullish(),
  sliding_window: count.nullable().default(4096),
  max_window_layers: z.int('must be a whole number').min(0, 'must not be negative').default(28),
  layer_types: layerTypes,
};
interface SlidingWindowFields {
  use_sliding_window?: boolean | null | undefined;
  sliding_window: number | null;
  max_window_layers: number;
  layer_types?: string[] | null | undefined;
}

/** For each layer whether it sees all tokens, not a window: as `layer_types` has it, else every `pattern`th. */
export function layersThatSeeAll(
  { layer_types: types, num_hidden_layers }: { layer_types?: string[] | null | undefined; num_hidden_layers: number },
  pattern: number,
  file: string,
): boolean[] {
  const other = types?.find((type) => type !== FULL && type !== SLIDING);
  if (other !== undefined)
    throw new BadInput(`"layer_types" has "${other}", but only "${FULL}" and "${SLIDING}" are supported`, { file });
  return Array.from({ length: num_hidden_layers }, (_, layer) =>
    types ? types[layer] === FULL : (layer + 1) % pattern === 0,
  );
}

/** The layers with their windows: those that `layer_types` names, else those from `max_window_layers` on. */
export function withWindows(
  layers: readonly Layer<Attention>[],
  fields: SlidingWindowFields,
  file: string,
): Layer<Attention>[] {
  const window = fields.use_sliding_window ? fields.sliding_window : null;
  const isSliding = (layer: number) =>
    fields.layer_types ? fields.layer_types[layer] === SLIDING : window !== null && layer >= fields.max_window_layers;
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
