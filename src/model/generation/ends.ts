import { cast, equal, less, logicalOr, mul, scalar, type Tensor, tensor1d, zerosLike } from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.ts';
import type { SamplingOptions } from './sampling.ts';

export interface GenerateOptions extends SamplingOptions {
  /** Completions per prompt. */
  group: number;
  /** Any of these ends a completion. */
  eosTokenIds: number[];
  /** No end before this many tokens. */
  minTokens: number;
}

/** Added to logits before drawing: puts the end tokens out of reach until `minTokens` tokens were drawn. */
export function earlyEndPenalty(
  { vocabSize }: ModelConfig,
  step: Tensor,
  { minTokens, eosTokenIds }: GenerateOptions,
): Tensor | undefined {
  if (minTokens === 0) return undefined;
  const ends = tensor1d(Array.from({ length: vocabSize }, (_, id) => (eosTokenIds.includes(id) ? -1e9 : 0)));
  return mul(ends, cast(less(step, scalar(minTokens, 'int32')), 'float32'));
}

export function isOneOf(ids: Tensor, candidates: number[]): Tensor {
  return candidates
    .map((id) => equal(ids, scalar(id, 'int32')))
    .reduce((either: Tensor, one) => logicalOr(either, one), cast(zerosLike(ids), 'bool'));
}
