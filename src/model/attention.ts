import {
  add,
  concat,
  greater,
  matMul,
  mul,
  range,
  reshape,
  scalar,
  slice,
  softmax,
  type Tensor,
  type Tensor2D,
  tile,
  transpose,
  where,
} from '@tensorflow/tfjs-core';
import type { ModelConfig } from './config.ts';
import type { Attend, HeadProjections } from './decoder.ts';

/** What is added to the score of a key that a query may not see. Finite, so that a fully masked row stays a number. */
const HIDDEN = -1e9;

/**
 * Causal self-attention within each of `rows` rows of `length` tokens. Padding goes to the right, so causality alone hides it.
 * Query heads that share a key/value head are laid side by side instead of copying keys and values.
 */
export function causalAttention(config: ModelConfig, rows: number, length: number): Attend {
  const { heads, kvHeads, headDim } = config;
  const shared = heads / kvHeads;
  const byHead = (x: Tensor, count: number) => transpose(reshape(x, [rows, length, count, headDim]), [0, 2, 1, 3]);

  const index = range(0, length, 1, 'int32');
  const future = greater(reshape(index, [1, length]), reshape(index, [length, 1]));
  const mask = tile(where(future, scalar(HIDDEN), scalar(0)), [shared, 1]);

  return (_, { queries, keys, values }) => {
    const scaled = mul(queries, 1 / Math.sqrt(headDim));
    const q = reshape(byHead(scaled, heads), [rows, kvHeads, shared * length, headDim]);
    const scores = add(matMul(q, byHead(keys, kvHeads), false, true), mask);
    const context = reshape(matMul(softmax(scores), byHead(values, kvHeads)), [rows, heads, length, headDim]);
    return reshape(transpose(context, [0, 2, 1, 3]), [rows * length, heads * headDim]) as Tensor2D;
  };
}

/** Keys and values of one layer: of the prompts [prompts · kvHeads, promptLength, headDim], or of what was generated since. */
export interface KeyValues {
  keys: Tensor;
  values: Tensor;
}

/** Lays keys and values of prompts [prompts · length, kvHeads, headDim] out for `splitAttention`. */
export function promptKeyValues(
  { kvHeads, headDim }: ModelConfig,
  { keys, values }: HeadProjections,
  prompts: number,
): KeyValues {
  const length = keys.shape[0]! / prompts;
  const byHead = (x: Tensor) => {
    const perHead = transpose(reshape(x, [prompts, length, kvHeads, headDim]), [0, 2, 1, 3]);
    return reshape(perHead, [prompts * kvHeads, length, headDim]);
  };
  return { keys: byHead(keys), values: byHead(values) };
}

/**
 * Attention of one new token per completion, [prompts · group] rows, to its prompt and to its own generated tokens. The prompt's keys
 * and values are stored once for the whole group, and all its completions read them in one product.
 *
 * `generated` [prompts · kvHeads · group, generated, headDim] includes the new token's own; `mask` [prompts · kvHeads, 1, promptLength]
 * hides the prompts' padding.
 */
export function splitAttention(
  config: ModelConfig,
  { prompts, group }: { prompts: number; group: number },
  queries: Tensor,
  prompt: KeyValues,
  generated: KeyValues,
  mask: Tensor,
): Tensor2D {
  const { heads, kvHeads, headDim } = config;
  const shared = heads / kvHeads;
  const promptLength = prompt.keys.shape[1]!;
  const caches = prompts * kvHeads * group;

  const q = mul(
    transpose(reshape(queries, [prompts, group, kvHeads, shared, headDim]), [0, 2, 1, 3, 4]),
    1 / Math.sqrt(headDim),
  );
  const forPrompt = reshape(q, [prompts * kvHeads, group * shared, headDim]);
  const promptScores = add(matMul(forPrompt, prompt.keys, false, true), mask);
  const ownScores = matMul(reshape(q, [caches, shared, headDim]), generated.keys, false, true);
  const weights = softmax(concat([reshape(promptScores, [caches, shared, promptLength]), ownScores], -1));

  const promptWeights = reshape(slice(weights, [0, 0, 0], [caches, shared, promptLength]), [
    prompts * kvHeads,
    group * shared,
    promptLength,
  ]);
  const ownWeights = slice(weights, [0, 0, promptLength], [-1, -1, -1]);
  const context = add(
    reshape(matMul(promptWeights, prompt.values), [caches, shared, headDim]),
    matMul(ownWeights, generated.values),
  );
  const byToken = transpose(reshape(context, [prompts, kvHeads, group, shared, headDim]), [0, 2, 1, 3, 4]);
  return reshape(byToken, [prompts * group, heads * headDim]) as Tensor2D;
}

/** The new tokens' keys or values [prompts · group, kvHeads, headDim] appended to a cache of `splitAttention`. */
export function appendToCache(
  cache: Tensor,
  added: Tensor,
  { prompts, group }: { prompts: number; group: number },
): Tensor {
  const [, kvHeads, headDim] = added.shape as [number, number, number];
  const perCache = transpose(reshape(added, [prompts, group, kvHeads, headDim]), [0, 2, 1, 3]);
  return concat([cache, reshape(perCache, [prompts * kvHeads * group, 1, headDim])], 1);
}
