import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { CHUNK_WORDS, chunkBounds, type WordRows } from '../../engine/fused/vocabulary-chunk.ts';
import type { NdArray } from '../../engine/tree.ts';
import type { ModelConfig } from '../config.ts';
import { embeddingName, HEAD } from '../modules.ts';
import type { Weights } from '../weights-tree.ts';

/** The logits of so many words are computed as a whole, and kept for the gradient: faster, where memory allows. */
const WHOLE_WORDS = 2 ** 16;

/** How many words of the vocabulary there are logits of at the same time. */
export const wordsAtOnce = ({ vocabSize, positions }: Pick<ModelConfig, 'vocabSize' | 'positions'>): number =>
  vocabSize <= WHOLE_WORDS || positions ? vocabSize : CHUNK_WORDS;

/**
 * Matrices with a row for each word of a large vocabulary, as a program that takes their gradient gets them: NAME#0, NAME#1 and so on, the rows of a
 * chunk each. What is computed of one of them is then done before the next one's begins, and no graph has room for the whole gradient.
 */

/** On the host; `weights` are some of a model's, and others than these matrices stay as they are. */
export function inChunks(weights: Weights, config: Pick<ModelConfig, 'vocabSize' | 'positions' | 'renamed'>): Weights {
  const { vocabSize } = config;
  if (wordsAtOnce(config) === vocabSize) return weights;
  const modules = [embeddingName(config), HEAD];
  const names = modules.flatMap((module) => [`${module}.weight`, `${module}.modules_to_save.weight`]);
  return Object.fromEntries(
    Object.entries(weights).flatMap(([name, array]): [string, NdArray][] =>
      names.includes(name)
        ? chunkBounds(vocabSize).map((bounds, index) => [`${name}#${index}`, rowsBetween(array, bounds)])
        : [[name, array]],
    ),
  );
}

/** A view of the same numbers. */
function rowsBetween({ dtype, shape, data }: NdArray, [from, end]: [number, number]): NdArray {
  const width = shape[1]!;
  return { dtype, shape: [end - from, width], data: data.subarray(from * width, end * width) };
}

/** Such a matrix of a program, whole or in chunks; undefined if there is none of this name. */
export function wordRows(params: Record<string, Tensor>, name: string): WordRows | undefined {
  if (params[name]) return [params[name] as Tensor2D];
  const chunks: Tensor2D[] = [];
  while (params[`${name}#${chunks.length}`]) chunks.push(params[`${name}#${chunks.length}`] as Tensor2D);
  return chunks.length > 0 ? (chunks as [Tensor2D, ...Tensor2D[]]) : undefined;
}
