import {
  add,
  cast,
  concat,
  expandDims,
  greaterEqual,
  less,
  logicalOr,
  matMul,
  mul,
  reshape,
  scalar,
  slice,
  softmax,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tile,
  transpose,
} from '@tensorflow/tfjs-core';
import { countUp } from '../../engine/count-up.ts';
import { jointSoftmax } from '../../engine/fused/joint-softmax.ts';
import { softCapped } from '../../engine/soft-cap.ts';
import { type Attention, isAttention, type ModelConfig } from '../config.ts';
import type { Attend, HeadProjections } from './mixing.ts';
import { collect, type Places, spread } from './padding.ts';

/** What is added to the score of a key that a query may not see. Finite, so that a fully masked row stays a number. */
const HIDDEN = -1e9;

/**
 * Causal self-attention within each of `rows` rows of tokens in the columns 0, 1, 2 … Padding goes to the right, so causality alone hides it.
 * Query heads that share a key/value head are laid side by side instead of copying keys and values.
 */
export function causalAttention({ layers }: ModelConfig, rows: number, columns: Tensor1D): Attend {
  const [length] = columns.shape;
  const maskOf = masksOf(layers, ({ heads, kvHeads, window }) => {
    const shared = heads / kvHeads;
    return { key: [shared, window], make: () => tile(hideUnseen(columns, columns, window), [shared, 1]) };
  });

  return (layer, { heads, kvHeads, headDim, scale, scoreCap }, { queries, keys, values }) => {
    const shared = heads / kvHeads;
    const byHead = (x: Tensor, count: number) => transpose(reshape(x, [rows, length, count, headDim]), [0, 2, 1, 3]);
    const q = reshape(byHead(mul(queries, scale), heads), [rows, kvHeads, shared * length, headDim]);
    const k = byHead(keys, kvHeads); // [rows, kvHeads, length, headDim]
    const scores = add(softCapped(matMul(q, k, false, true), scoreCap), maskOf[layer]!); // [rows, kvHeads, shared · length, length]
    const context = reshape(matMul(softmax(scores), byHead(values, kvHeads)), [rows, heads, length, headDim]);
    return reshape(transpose(context, [0, 2, 1, 3]), [rows * length, heads * headDim]) as Tensor2D;
  };
}

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

/** Keys and values of one layer: of the prompts [prompts · kvHeads, promptLength, headDim], or of what was generated since. */
export interface KeyValues {
  keys: Tensor;
  values: Tensor;
  /** Added to the scores, if not all of them may be seen: `hidePadding`, `hideOutside` or `hideUnseen`. */
  mask?: Tensor;
}

/** Lays keys and values of prompts [prompts · length, kvHeads, headDim] out for `splitAttention`. */
export function promptKeyValues(
  { kvHeads, headDim }: Attention,
  { keys, values }: HeadProjections,
  prompts: number,
): KeyValues {
  const length = keys.shape[0]! / prompts;
  const byHead = (x: Tensor) => {
    const perHead = transpose(reshape(x, [prompts, length, kvHeads, headDim]), [0, 2, 1, 3]); // [prompts, kvHeads, length, headDim]
    return reshape(perHead, [prompts * kvHeads, length, headDim]);
  };
  return { keys: byHead(keys), values: byHead(values) };
}

/** Completions in groups of one prompt; each has `length` new tokens. */
export interface GroupLayout {
  prompts: number;
  group: number;
  length: number;
}

/**
 * Attention of `length` new tokens per completion to its prompt and to its own tokens. The prompt's keys and values are stored once for the
 * whole group, and all its completions read them in one product.
 *
 * `queries` [prompts · group · length, heads, headDim]; `own` keys and values [prompts · kvHeads · group, tokens, headDim] include the new
 * tokens', in one part or two, one after the other.
 */
export function splitAttention(
  { heads, kvHeads, headDim, scale, scoreCap }: Attention,
  { prompts, group, length }: GroupLayout,
  queries: Tensor,
  prompt: KeyValues,
  own: KeyValues[],
): Tensor2D {
  const shared = heads / kvHeads;
  const promptLength = prompt.keys.shape[1]!;
  const caches = prompts * kvHeads * group;
  const perCache = shared * length;

  const byToken = reshape(mul(queries, scale), [prompts, group, length, kvHeads, shared, headDim]);
  const q = transpose(byToken, [0, 3, 1, 4, 2, 5]); // [prompts, kvHeads, group, shared, length, headDim]
  const forPrompt = reshape(q, [prompts * kvHeads, group * perCache, headDim]);
  const forOwn = reshape(q, [caches, perCache, headDim]);
  const promptScores = scoresOf(forPrompt, prompt, scoreCap); // [prompts · kvHeads, group · perCache, promptLength]
  const [toPrompt, ...toOwn] = jointSoftmax([
    reshape(promptScores, [caches, perCache, promptLength]),
    ...own.map((part) => scoresOf(forOwn, part, scoreCap, shared)), // [caches, perCache, tokens]
  ]) as [Tensor, ...Tensor[]];
  const ofPrompt = matMul(reshape(toPrompt, promptScores.shape), prompt.values);
  const context = own.reduce(
    (sum, { values }, part) => add(sum, matMul(toOwn[part]!, values)),
    reshape(ofPrompt, [caches, perCache, headDim]),
  );
  const byHead = reshape(context, [prompts, kvHeads, group, shared, length, headDim]);
  const flat = transpose(byHead, [0, 2, 4, 1, 3, 5]); // [prompts, group, length, kvHeads, shared, headDim]
  return reshape(flat, [prompts * group * length, heads * headDim]) as Tensor2D;
}

/** The mask is that of one query head; `repeat` heads are stacked below one another. Of rank 4, [..., 1, queries, keys], it goes to all stacked queries. */
function scoresOf(queries: Tensor, { keys, mask }: KeyValues, cap: number | undefined, repeat = 1): Tensor {
  const scores = softCapped(matMul(queries, keys, false, true), cap);
  if (!mask) return scores;
  if (mask.rank === 4) {
    const [batch, , count, width] = mask.shape as [number, number, number, number];
    return reshape(add(reshape(scores, [batch, -1, count, width]), mask), scores.shape);
  }
  return add(scores, repeat === 1 ? mask : tile(mask, [repeat, 1]));
}

/** The token in each cell of a padded grid, and each token's cell in it; -1 in padding, and for tokens of the other grid. */
export type Grid = {
  /** int32 [..., length]; the padding is at the right. */
  tokens: Tensor;
  /** int32 [tokens]. */
  cells: Tensor1D;
};

/** Prompts [prompts, length], `lengths` int32 [prompts] among them, and their completions [prompts, group, length]. */
export interface Groups {
  prompts: Grid & { lengths: Tensor1D };
  completions: Grid;
}

/** Causal attention over groups of completions whose tokens are concatenated, those of a prompt once for all its completions. */
export function groupAttention(config: ModelConfig, { prompts, completions }: Groups): Attend {
  const [count, group, length] = completions.tokens.shape as [number, number, number];
  const layout = { prompts: count, group, length };
  const promptPlaces = placesIn(prompts);
  const ownPlaces = placesIn(completions);

  const promptColumns = columnsOf(prompts);
  const causal = causalAttention(config, count, promptColumns);
  const ownColumns = columnsOf(completions);
  const promptMasks = masksOf(config.layers, (mixer) => {
    const { kvHeads, window } = mixer;
    const make = () => {
      const padding = hidePadding(kvHeads, prompts.lengths, promptColumns);
      if (!hasWindow(mixer)) return padding;
      return expandDims(add(padding, hideOutside(mixer, prompts.lengths, promptColumns, ownColumns)), 1);
    };
    return { key: [kvHeads, window], make };
  });
  const ownMasks = masksOf(config.layers, ({ window }) => ({
    key: [window],
    make: () => hideUnseen(ownColumns, ownColumns, window),
  }));

  return (layer, mixer, { queries, keys, values }) => {
    const { heads, kvHeads, headDim } = mixer;
    const perCache = (x: Tensor) => {
      const byCompletion = reshape(x, [count, group, length, kvHeads, headDim]);
      const byHead = transpose(byCompletion, [0, 3, 1, 2, 4]); // [prompts, kvHeads, group, length, headDim]
      return reshape(byHead, [count * kvHeads * group, length, headDim]);
    };
    const inGrid = (places: Places): HeadProjections => {
      const toCells = (x: Tensor, heads: number) =>
        reshape(spread(reshape(x, [-1, heads * headDim]), places), [-1, heads, headDim]);
      return { queries: toCells(queries, heads), keys: toCells(keys, kvHeads), values: toCells(values, kvHeads) };
    };
    const prompt = inGrid(promptPlaces);
    const own = inGrid(ownPlaces);
    const forPrompts = causal(layer, mixer, prompt);
    const mask = promptMasks[layer]!;
    const forCompletions = splitAttention(
      mixer,
      layout,
      own.queries,
      { ...promptKeyValues(mixer, prompt, count), mask },
      [{ keys: perCache(own.keys), values: perCache(own.values), mask: ownMasks[layer]! }],
    );
    return add(collect(forPrompts, promptPlaces), collect(forCompletions, ownPlaces));
  };
}

const placesIn = ({ tokens, cells }: Grid): Places => ({ tokens: reshape(tokens, [-1]), cells });

/** 0, 1, 2 … int32 [length]. */
function columnsOf({ tokens }: Grid): Tensor1D {
  // Floats first: WebGPU's provider slices no integers.
  const floats = reshape(cast(tokens, 'float32'), [-1, tokens.shape.at(-1)!]);
  return countUp(reshape(slice(floats, [0, 0], [1, -1]), [-1]));
}

/** The new tokens' keys or values [prompts · group, kvHeads, headDim] appended to a cache of `splitAttention`. */
export function appendToCache(
  cache: Tensor | undefined,
  added: Tensor,
  { prompts, group }: { prompts: number; group: number },
): Tensor {
  const [, kvHeads, headDim] = added.shape as [number, number, number];
  const perCache = transpose(reshape(added, [prompts, group, kvHeads, headDim]), [0, 2, 1, 3]); // [prompts, kvHeads, group, headDim]
  const latest = reshape(perCache, [prompts * kvHeads * group, 1, headDim]);
  return cache ? concat([cache, latest], 1) : latest;
}
