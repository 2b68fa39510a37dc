import {
  add,
  argMax,
  cast,
  clipByValue,
  concat,
  exp,
  expandDims,
  gather,
  greaterEqual,
  less,
  logicalAnd,
  matMul,
  max,
  mul,
  neg,
  slice,
  split,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core';
import { softCapped, timesSlope } from '../soft-cap.ts';
import { addToColumn, pickColumn } from './column.ts';

/** Logits of as many words exist at once. */
export const CHUNK_WORDS = 2 ** 14;

/** What is asked about each row. Gradients flow through log-probabilities, and through entropies that are learned. */
export interface FiguresOptions {
  entropies: 'none' | 'observed' | 'learned';
  hits: boolean;
  /** Whether gradients will be asked for. */
  gradients: boolean;
  /** Logits are cap · tanh(terms / cap), if there is one. */
  cap?: number;
}

/** A matrix with a row for each word: [words, K] as a whole, or the rows of each chunk, whose gradients are then never together either. */
export type WordRows = readonly [Tensor2D, ...Tensor2D[]];

/** A term of the logits before they are capped, states · weightᵀ: states [N, K], weight [words, K]. */
export interface LogitsTerm {
  states: Tensor2D;
  weight: WordRows;
}

/** Some words of the vocabulary, and which column each row's own has among them. */
export interface Chunk {
  index: number;
  from: number;
  words: number;
  columns: Tensor1D;
  /** float32 [N, 1]: 1 where the row's word is one of these, else 0, and its column is some other's. */
  isHere: Tensor2D;
}

/** The words as few chunks of the same size, but for the last: where each begins, and where it ends. */
export function chunkBounds(words: number): [from: number, end: number][] {
  const size = Math.ceil(words / Math.ceil(words / CHUNK_WORDS));
  return Array.from({ length: Math.ceil(words / size) }, (_, index) => [
    index * size,
    Math.min(words, (index + 1) * size),
  ]);
}

export function chunksOf(weight: WordRows, ids: Tensor1D): Chunk[] {
  // Floats up to 2²⁴ are exact, and GPUs compare and clip no integers.
  const id = cast(ids, 'float32');
  const words = weight.reduce((sum, rows) => sum + rows.shape[0], 0);
  return chunkBounds(words).map(([from, end], index) => {
    const isHere = cast(logicalAnd(greaterEqual(id, from), less(id, end)), 'float32');
    const columns = cast(sub(clipByValue(id, from, end - 1), from), 'int32') as Tensor1D;
    return { index, from, words: end - from, columns, isHere: expandDims(isHere, 1) };
  });
}

/** [words of the chunk, K]. */
const wordsOf = (weight: WordRows, { index, from, words }: Chunk): Tensor2D =>
  weight.length === 1 ? slice(weight[0], [from, 0], [words, weight[0].shape[1]]) : weight[index]!;

/** The row of each word: ids int32 [N] → [N, K]. */
export function rowsOfWords(weight: WordRows, ids: Tensor1D): Tensor2D {
  if (weight.length === 1) return gather(weight[0], ids);
  return chunksOf(weight, ids)
    .map((chunk) => mul(gather(weight[chunk.index]!, chunk.columns), chunk.isHere) as Tensor2D)
    .reduce((all, some) => add(all, some));
}

/** K. */
export const widthOf = ([rows]: WordRows): number => rows.shape[1];

export const logitsOf = (terms: readonly LogitsTerm[], chunk: Chunk, cap: number | undefined): Tensor2D =>
  softCapped(
    terms
      .map(({ states, weight }) => matMul(states, wordsOf(weight, chunk), false, true) as Tensor2D)
      .reduce((all, term) => add(all, term)),
    cap,
  );

/**
 * What a chunk contributes, [N, 1] each if not said otherwise. Exponentials are relative to `largest`; "others" are all words but the row's
 * own, whose gradient would otherwise be a small difference of large numbers.
 */
export interface ChunkSums {
  /** The largest logit. */
  largest: Tensor2D;
  /** The sum of the others' exponentials. */
  others: Tensor2D;
  /** The row's own exponential and logit; 0 if it is not here. */
  own: Tensor2D;
  ownLogit: Tensor2D;
  /** For entropies: Σ exponential · logarithm of it. */
  logarithms?: Tensor2D;
  /** For hits: the word that has the largest logit. */
  likeliest?: Tensor2D;
  /** For gradients, of each term [N, K]: Σ exponential · weight over the others, times the slope of the logit where they are capped. */
  [weights: `weights${number}`]: Tensor2D;
  /** For gradients of entropies, of each term: Σ exponential · logarithm · weight over the others. */
  [logarithms: `logarithms${number}`]: Tensor2D;
}

export function sumsOf(chunk: Chunk, terms: readonly LogitsTerm[], options: FiguresOptions): ChunkSums {
  const names: string[] = [];
  // One tensor for all: computing it, a graph is through with these logits before it begins with the next ones.
  const packed = tidy(() => {
    const sums = separateSums(chunk, terms, options);
    names.push(...Object.keys(sums));
    return concat(Object.values(sums), 1);
  });
  const widths = names.map((name) => columnsOf(name, terms));
  const parts = split(packed, widths, 1) as Tensor[];
  return Object.fromEntries(names.map((name, index) => [name, parts[index]!])) as unknown as ChunkSums;
}

function separateSums(chunk: Chunk, terms: readonly LogitsTerm[], options: FiguresOptions): ChunkSums {
  const { columns, isHere, from } = chunk;
  const logits = logitsOf(terms, chunk, options.cap); // [N, words]
  const largest = max(logits, 1, true) as Tensor2D;
  const shifted = sub(logits, largest) as Tensor2D;
  const exponentials = exp(shifted) as Tensor2D;
  const own = mul(pickColumn(exponentials, columns), isHere) as Tensor2D;
  const others = addToColumn(exponentials, columns, neg(own)); // [N, words]
  const weighted = (factors: Tensor2D, name: string) =>
    terms.map(({ weight }, term) => [
      `${name}${term}`,
      matMul(timesSlope(factors, logits, options.cap), wordsOf(weight, chunk)),
    ]);
  return {
    ...{ largest, own },
    others: sum(others, 1, true),
    ownLogit: mul(pickColumn(logits, columns), isHere),
    ...(options.entropies !== 'none' && { logarithms: sum(mul(exponentials, shifted), 1, true) as Tensor2D }),
    ...(options.hits && { likeliest: add(expandDims(cast(argMax(logits, 1), 'float32'), 1), from) as Tensor2D }),
    ...(options.gradients && Object.fromEntries(weighted(others, 'weights'))),
    ...(options.gradients &&
      options.entropies === 'learned' &&
      Object.fromEntries(weighted(mul(others, shifted), 'logarithms'))),
  };
}

function columnsOf(name: string, terms: readonly LogitsTerm[]): number {
  const term = /\d+$/.exec(name);
  return term ? widthOf(terms[Number(term[0])]!.weight) : 1;
}
