import { add, concat, matMul, mul, reshape, type Tensor, type Tensor2D, tile, transpose } from '@tensorflow/tfjs-core';
import { jointSoftmax } from '../../engine/fused/joint-softmax.ts';
import { softCapped } from '../../engine/soft-cap.ts';
import type { Attention } from '../config.ts';
import type { HeadProjections } from './mixing.ts';

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
