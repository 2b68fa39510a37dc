import { gather, matMul, reshape, type Tensor, type Tensor1D, type Tensor2D, transpose } from '@tensorflow/tfjs-core';
import { gatherRows } from '../../engine/fused/gather-rows.ts';
import type { ModelConfig } from '../config.ts';
import { DECODE, ENCODE, embeddingName } from '../modules.ts';
import type { Parameters } from './decoder.ts';

/** Tokens of responses, each of which is predicted from a prompt and its own place alone. */
export type PlacesInResponses = {
  /** int32 [prompts, promptLength]. */
  prompts: Tensor;
  /** int32 [tokens]: prompt · responseLength + the token's place in its response. */
  cells: Tensor;
};

/**
 * What each token of a response is predicted from, [tokens, hiddenSize]. Each position of a prompt has a matrix for its token's embedding; the
 * sum of the products is one vector for the prompt. Each position of a response has a matrix for that vector.
 *
 * Source: the model of CS336's lecture 17 (Stanford, Spring 2025).
 */
export function responseStates(
  params: Parameters,
  config: ModelConfig,
  { prompts, cells }: PlacesInResponses,
): Tensor2D {
  const { hiddenSize, positions } = config;
  const { promptLength, responseLength } = positions!;
  const embeddings = params[`${embeddingName(config)}.weight`]!;
  const count = prompts.shape[0]!;
  const embedded = gather(embeddings, reshape(prompts, [count * promptLength]) as Tensor1D);
  // Σ over positions of embedding · matrix is one product of all embeddings of a prompt with all matrices, one below the other.
  const encode = reshape(params[`${ENCODE}.weight`]!, [promptLength * hiddenSize, hiddenSize]);
  const encoded = matMul(reshape(embedded, [count, promptLength * hiddenSize]), encode); // [prompts, hiddenSize]
  const decode = reshape(transpose(params[`${DECODE}.weight`]!, [1, 0, 2]), [hiddenSize, responseLength * hiddenSize]);
  const decoded = reshape(matMul(encoded, decode), [count * responseLength, hiddenSize]) as Tensor2D;
  return gatherRows(decoded, cells as Tensor1D) as Tensor2D;
}

/** Logits of tokens of responses, [tokens, vocabulary]: the embeddings are the output head. */
export const responseLogits = (params: Parameters, config: ModelConfig, places: PlacesInResponses): Tensor2D =>
  matMul(responseStates(params, config, places), params[`${embeddingName(config)}.weight`] as Tensor2D, false, true);
