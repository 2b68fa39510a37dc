import {
  add,
  cast,
  expandDims,
  greaterEqual,
  less,
  logicalOr,
  mul,
  reshape,
  scalar,
  sub,
  type Tensor,
  type Tensor1D,
  tile,
} from '@tensorflow/tfjs-core';
import { type Attention, isAttention, type ModelConfig } from '../config.ts';

/** What is added to the score of a key that a query may not see. Finite, so that a fully masked row stays a number. */
const HIDDEN = -1e9;

/** What is made of each value, once for those that are equal. */
export const onceEach = <K, T>(values: readonly K[], make: (value: K) => T): Map<K, T> =>
  new Map([...new Set(values)].map((value) => [value, make(value)]));

/** A mask for each layer that has attention, made once for layers whose keys are the same. */
export function masksOf(
  layers: ModelConfig['layers'],
  kind: (mixer: Attention) => { key: readonly (number | undefined)[]; make(): Tensor },
): (Tensor | undefined)[] {
  const made = new Map<string, Tensor>();
  return layers.map(({ mixer }) => {
    if (!isAttention(mixer)) return undefined;
    const { key, make } = kind(mixer);
    const mask = made.get(String(key)) ?? make();
    made.set(String(key), mask);
    return mask;
  });
}

/** Scores to add: 0 where a query at its position sees the key at its own, very negative where not; [queries, keys]. */
export function hideUnseen(queries: Tensor, keys: Tensor, window: number | undefined): Tensor {
  const behind = sub(expandDims(queries, 1), expandDims(keys, 0)); // how far a key is behind the query
  const future = less(behind, scalar(0, 'int32'));
  const unseen = window === undefined ? future : logicalOr(future, greaterEqual(behind, scalar(window, 'int32')));
  return mul(cast(unseen, 'float32'), HIDDEN);
}

/** Scores to add: 0 on a prompt's tokens, very negative on its padding; [prompts · kvHeads, 1, columns]. */
export function hidePadding(kvHeads: number, lengths: Tensor, columns: Tensor1D): Tensor {
  const padding = greaterEqual(columns, expandDims(lengths, 1)); // [prompts, columns]
  return expandDims(repeatRows(mul(cast(padding, 'float32'), HIDDEN), kvHeads), 1);
}

/**
 * Scores to add: very negative on what of a prompt is outside the window of each query, which is `after` tokens behind the prompt's end (int32
 * [queries], 0 for the first one); [prompts · kvHeads, queries, columns].
 */
export function hideOutside(
  { kvHeads, window }: Attention & { window: number },
  lengths: Tensor,
  columns: Tensor1D,
  after: Tensor,
): Tensor {
  const positions = add(expandDims(lengths, 1), expandDims(after, 0)); // [prompts, queries]
  const distance = sub(expandDims(positions, 2), reshape(columns, [1, 1, -1])); // [prompts, queries, columns]
  return repeatRows(mul(cast(greaterEqual(distance, scalar(window, 'int32')), 'float32'), HIDDEN), kvHeads);
}

/** Whether a layer's attention ends at a window. */
export const hasWindow = (mixer: Attention): mixer is Attention & { window: number } => mixer.window !== undefined;

/** Every row `times` times, one after another: [a, b] → [a, a, b, b]. */
export function repeatRows(x: Tensor, times: number): Tensor {
  const [rows, ...rest] = x.shape as [number, ...number[]];
  return reshape(tile(expandDims(x, 1), [1, times, ...rest.map(() => 1)]), [rows * times, ...rest]);
}
