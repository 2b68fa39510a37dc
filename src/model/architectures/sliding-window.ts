import { z } from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import { flag } from './field-kinds.ts';

/** The fields of config.json that make Qwen's attention end at a window. */
export const slidingWindowFields = {
  use_sliding_window: flag.nullish(),
  layer_types: z.array(z.string('must be a string'), 'must be a list of strings').nullish(),
};

export function refuseSlidingWindow(
  fields: { use_sliding_window?: boolean | null | undefined; layer_types?: string[] | null | undefined },
  file: string,
): void {
  if (!fields.use_sliding_window && !fields.layer_types?.includes('sliding_attention')) return;
  throw new BadInput('the model uses sliding-window attention, but only full attention is supported', { file });
}
