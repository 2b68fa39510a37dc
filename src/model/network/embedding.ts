import {
  cast,
  clone,
  customGrad,
  expandDims,
  gather,
  minimum,
  mul,
  notEqual,
  scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { rowsOfWords, type WordRows } from '../../engine/fused/vocabulary-chunk.ts';

/**
 * The embeddings of token ids, [tokens, hiddenSize]. Nothing is learned here for the padding token, as in transformers, where it is the
 * embedding's `padding_idx`. That matters: many models pad with a token that prompts are full of, their end-of-turn token, say.
 */
export function embed(table: WordRows, ids: Tensor1D, padTokenId: number | undefined): Tensor2D {
  const embeddings = rowsOfWords(table, ids);
  if (padTokenId === undefined) return embeddings;
  const withoutPadding = customGrad((x) => ({
    value: clone(x as Tensor),
    gradFunc: (dy: Tensor) => {
      const learns = cast(notEqual(ids, scalar(padTokenId, 'int32')), 'float32');
      return mul(dy, expandDims(learns, 1));
    },
  }));
  return withoutPadding(embeddings) as Tensor2D;
}

/**
 * The embeddings of positions (int32 [tokens]), [tokens, hiddenSize]. Padding to the right of a prompt, which nothing is computed from, may be beyond
 * the last one.
 */
export function embedPositions(table: Tensor2D, positions: Tensor1D): Tensor2D {
  const last = scalar(table.shape[0] - 1, 'int32');
  return gather(table, minimum(positions, last) as Tensor1D) as Tensor2D;
}
