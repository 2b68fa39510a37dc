import { permutation } from '../data/random.ts';
import type { RunConfig } from '../protocol/run-config.ts';

/**
 * A step's completions in random order, divided into mini-batches that are as equal as can be: the rows of each. TRL's `shuffle_sequence_dict`
 * and `split_tensor_dict`, which also take groups apart. Undefined: they are one batch.
 */
export function miniBatches(
  rows: number,
  step: number,
  { numMiniBatches, seed }: Pick<RunConfig, 'numMiniBatches' | 'seed'>,
): number[][] | undefined {
  if (numMiniBatches === 1) return undefined;
  const order = permutation(seed, ['mini-batches', step], rows);
  const start = (batch: number) => Math.floor((batch * rows) / numMiniBatches);
  const batches = Array.from({ length: numMiniBatches }, (_, batch) => order.slice(start(batch), start(batch + 1)));
  // Dynamic sampling may have found less than a completion for each.
  return batches.filter((batch) => batch.length > 0);
}
