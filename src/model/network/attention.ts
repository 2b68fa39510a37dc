import {
  add,
  cast,
  expandDims,
  matMul,
  mul,
  reshape,
  slice,
  softmax,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tile,
  transpose,
} from '@tensorflow/tfjs-core';
import { countUp } from '../../engine/count-up.ts';
import { softCapped } from '../../engine/soft-cap.ts';
import type { ModelConfig } from '../config.ts';
import { hasWindow, hideOutside, hidePadding, hideUnseen, masksOf } from './masks.ts';
import type { Attend, HeadProjections } from './mixing.ts';
import { collect, type Places, spread } from './padding.ts';
import { promptKeyValues, splitAttention } from './split-attention.ts';

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
