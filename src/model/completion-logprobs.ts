import {
  add,
  cast,
  div,
  expandDims,
  gather,
  minimum,
  range,
  reshape,
  scalar,
  type Tensor1D,
  type Tensor2D,
  tile,
} from '@tensorflow/tfjs-core';
import { entropy, pickLogProb } from '../engine/fused/pick-log-prob.ts';
import { causalAttention } from './attention.ts';
import type { ModelConfig } from './config.ts';
import { decode, logitsOf, type Parameters, packProjections } from './decoder.ts';

/** Rows of a prompt and its completion; both lengths are padded to common sizes. */
export type SequenceTensors = {
  /** Prompt and completion, one after the other, padding to the right: int32 [rows, length]. */
  ids: Tensor2D;
  /** int32 [rows]. */
  promptLengths: Tensor1D;
  /** The completion again, from its first token: int32 [rows, completionLength]. */
  completionIds: Tensor2D;
};

/**
 * Logits from which each completion token was drawn, divided by `temperature`: [rows · completionLength, vocabulary]. The head runs only
 * where completion tokens are; entries past a row's end are there but mean nothing.
 */
export function completionLogits(
  params: Parameters,
  config: ModelConfig,
  batch: SequenceTensors,
  temperature: number,
): Tensor2D {
  const [rows, length] = batch.ids.shape;
  const completionLength = batch.completionIds.shape[1];
  const positions = { of: tile(range(0, length, 1, 'int32'), [rows]) as Tensor1D, below: length };
  const ids = reshape(batch.ids, [rows * length]) as Tensor1D;
  const hidden = decode(packProjections(params, config), config, ids, positions, causalAttention(config, rows, length));

  // Token c of a completion is predicted one place earlier: at promptLength - 1 + c.
  const offsets = add(expandDims(batch.promptLengths, 1), range(-1, completionLength - 1, 1, 'int32'));
  const inRow = minimum(offsets, scalar(length - 1, 'int32'));
  const rowStarts = range(0, rows * length, length, 'int32');
  const flat = reshape(cast(add(inRow, expandDims(rowStarts, 1)), 'int32'), [rows * completionLength]) as Tensor1D;
  const logits = logitsOf(params, config, gather(hidden, flat) as Tensor2D);
  return temperature === 1 ? logits : div(logits, temperature);
}

/** Log-probability of every completion token, [rows, completionLength]. */
export function completionLogProbs(logits: Tensor2D, { completionIds }: SequenceTensors): Tensor2D {
  const ids = reshape(completionIds, [completionIds.size]) as Tensor1D;
  return reshape(pickLogProb(logits, ids), completionIds.shape);
}

/** Entropy of the distribution that each completion token was drawn from, in nats: [rows, completionLength]. */
export function completionEntropies(logits: Tensor2D, { completionIds }: SequenceTensors): Tensor2D {
  return reshape(entropy(logits), completionIds.shape);
}
