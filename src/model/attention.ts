import {
  add,
  cast,
  concat,
  expandDims,
  greater,
  greaterEqual,
  matMul,
  mul,
  range,
  reshape,
  scalar,
  slice,
  softmax,
  split,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tile,
  transpose,
  where,
} from '@tensorflow/tfjs-core';
import type { ModelConfig } from './config.ts';
import type { Attend, HeadProjections } from './decoder.ts';
import { collect, spread } from './padding.ts';

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

  const mask = tile(hideFuture(length), [shared, 1]);

  return (_, { queries, keys, values }) => {
    const scaled = mul(queries, 1 / Math.sqrt(headDim));
    const q = reshape(byHead(scaled, heads), [rows, kvHeads, shared * length, headDim]);
    const scores = add(matMul(q, byHead(keys, kvHeads), false, true), mask);
    const context = reshape(matMul(softmax(scores), byHead(values, kvHeads)), [rows, heads, length, headDim]);
    return reshape(transpose(context, [0, 2, 1, 3]), [rows * length, heads * headDim]) as Tensor2D;
  };
}

/** Scores to add: 0 on a token and those before it, very negative on those after it; [length, length]. */
function hideFuture(length: number): Tensor {
  const index = range(0, length, 1, 'int32');
  const future = greater(reshape(index, [1, length]), reshape(index, [length, 1]));
  return where(future, scalar(HIDDEN), scalar(0));
}

/** Scores to add: 0 on a prompt's tokens, very negative on its padding; [prompts · kvHeads, 1, promptLength]. */
export function hidePadding({ kvHeads }: ModelConfig, lengths: Tensor, promptLength: number): Tensor {
  const padding = greaterEqual(range(0, promptLength, 1, 'int32'), expandDims(lengths, 1));
  return expandDims(repeatRows(mul(cast(padding, 'float32'), HIDDEN), kvHeads), 1);
}

/** Every row `times` times, one after another: [a, b] → [a, a, b, b]. */
export function repeatRows(x: Tensor, times: number): Tensor {
  const [rows, ...rest] = x.shape as [number, ...number[]];
  return reshape(tile(expandDims(x, 1), [1, times, ...rest.map(() => 1)]), [rows * times, ...rest]);
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
 * tokens'. `masks` are added to the scores: `prompt` [prompts · kvHeads, 1, promptLength] hides the prompts' padding, `own` [length, tokens] what
 * comes later.
 */
export function splitAttention(
  config: ModelConfig,
  { prompts, group, length }: GroupLayout,
  queries: Tensor,
  prompt: KeyValues,
  own: KeyValues,
  masks: { prompt: Tensor; own?: Tensor },
): Tensor2D {
  const { heads, kvHeads, headDim } = config;
  const shared = heads / kvHeads;
  const promptLength = prompt.keys.shape[1]!;
  const caches = prompts * kvHeads * group;
  const perCache = shared * length;

  const byToken = reshape(mul(queries, 1 / Math.sqrt(headDim)), [prompts, group, length, kvHeads, shared, headDim]);
  const q = transpose(byToken, [0, 3, 1, 4, 2, 5]);
  const forPrompt = reshape(q, [prompts * kvHeads, group * perCache, headDim]);
  const promptScores = add(matMul(forPrompt, prompt.keys, false, true), masks.prompt);
  const scores = matMul(reshape(q, [caches, perCache, headDim]), own.keys, false, true);
  const ownScores = masks.own ? add(scores, tile(masks.own, [shared, 1])) : scores;
  const weights = softmax(concat([reshape(promptScores, [caches, perCache, promptLength]), ownScores], -1));

  const promptWeights = reshape(slice(weights, [0, 0, 0], [caches, perCache, promptLength]), [
    prompts * kvHeads,
    group * perCache,
    promptLength,
  ]);
  const ownWeights = slice(weights, [0, 0, promptLength], [-1, -1, -1]);
  const context = add(
    reshape(matMul(promptWeights, prompt.values), [caches, perCache, headDim]),
    matMul(ownWeights, own.values),
  );
  const byHead = reshape(context, [prompts, kvHeads, group, shared, length, headDim]);
  return reshape(transpose(byHead, [0, 2, 4, 1, 3, 5]), [prompts * group * length, heads * headDim]) as Tensor2D;
}

/** Where tokens of prompts and completions stand; see `SequenceTensors`. */
export interface GroupPlaces {
  cells: Tensor1D;
  promptTokens: Tensor2D;
  completionTokens: Tensor2D;
  promptLengths: Tensor1D;
}

/** Causal attention over groups of completions whose tokens lie end to end, those of a prompt once for all its completions. */
export function groupAttention(config: ModelConfig, places: GroupPlaces): Attend {
  const { heads, kvHeads, headDim } = config;
  const [prompts, promptLength] = places.promptTokens.shape;
  const [rows, length] = places.completionTokens.shape;
  const layout = { prompts, group: rows / prompts, length };
  const promptCells = prompts * promptLength;
  const tokens = concat([reshape(places.promptTokens, [-1]), reshape(places.completionTokens, [-1])]) as Tensor1D;
  const grid = { tokens, cells: places.cells };

  const causal = causalAttention(config, prompts, promptLength);
  const masks = { prompt: hidePadding(config, places.promptLengths, promptLength), own: hideFuture(length) };
  const toGrid = (x: Tensor, count: number): [prompt: Tensor, own: Tensor] => {
    const cells = spread(reshape(x, [-1, count * headDim]), grid);
    const parts = split(cells, [promptCells, rows * length]) as [Tensor, Tensor];
    return parts.map((part) => reshape(part, [-1, count, headDim])) as [Tensor, Tensor];
  };
  const perCache = (x: Tensor) => {
    const byCompletion = reshape(x, [prompts, layout.group, length, kvHeads, headDim]);
    return reshape(transpose(byCompletion, [0, 3, 1, 2, 4]), [prompts * kvHeads * layout.group, length, headDim]);
  };

  return (layer, { queries, keys, values }) => {
    const [promptQueries, ownQueries] = toGrid(queries, heads);
    const [promptKeys, ownKeys] = toGrid(keys, kvHeads);
    const [promptValues, ownValues] = toGrid(values, kvHeads);
    const prompt = { queries: promptQueries, keys: promptKeys, values: promptValues };
    const forPrompts = causal(layer, prompt);
    const forCompletions = splitAttention(
      config,
      layout,
      ownQueries,
      promptKeyValues(config, prompt, prompts),
      { keys: perCache(ownKeys), values: perCache(ownValues) },
      masks,
    );
    return collect(concat([forPrompts, forCompletions]), grid) as Tensor2D;
  };
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
