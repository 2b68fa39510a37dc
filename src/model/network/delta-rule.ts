/** The gated delta rule (arXiv:2412.06464): a matrix for each head in which values are stored by keys, which fades and is corrected. */
import {
  add,
  cumsum,
  exp,
  expandDims,
  matMul,
  mul,
  reshape,
  rsqrt,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
} from '@tensorflow/tfjs-core';
import { matrixRecurrence } from '../../engine/fused/matrix-recurrence.ts';
import { mask, unitLowerInverse } from '../../engine/unit-lower-inverse.ts';

/** What a token writes and reads, in `heads` heads: [..., heads, width], or [..., heads] where it is a number. */
export interface DeltaInputs {
  queries: Tensor;
  keys: Tensor;
  values: Tensor;
  /** Logarithms of what the state is multiplied with before the token; none is above 0. */
  decay: Tensor;
  /** How much of what is stored under the key is replaced, 0 to 1. */
  beta: Tensor;
}

/** Tokens that are computed together. */
export const CHUNK = 64;
/** Added to the score of a later token, before the exponential. */
const HIDDEN = -1e9;
const L2_EPSILON = 1e-6;

/** Queries, scaled, and keys of length 1: the form in which the rule has them. */
export function normalized({ queries, keys, ...rest }: DeltaInputs): DeltaInputs {
  const unit = (x: Tensor) => mul(x, rsqrt(add(sum(square(x), -1, true), L2_EPSILON)));
  return { queries: mul(unit(queries), keys.shape.at(-1)! ** -0.5), keys: unit(keys), ...rest };
}

/** One token of each row: [rows, heads, width]; `state` [rows, heads, keyWidth, valueWidth]. Gives [rows, heads, valueWidth]. */
export function deltaStep(inputs: DeltaInputs, state: Tensor): { outputs: Tensor; state: Tensor } {
  const { queries, keys, values, decay, beta } = inputs;
  const faded = mul(state, expandDims(expandDims(exp(decay), -1), -1));
  const read = (by: Tensor, from: Tensor) => sum(mul(from, expandDims(by, -1)), 2); // [rows, heads, valueWidth]
  const correction = mul(sub(values, read(keys, faded)), expandDims(beta, -1));
  const written = add(faded, mul(expandDims(keys, -1), expandDims(correction, 2)));
  return { outputs: read(queries, written), state: written };
}

/**
 * Chunks of tokens one after another, [chunks, rows, size, heads, width]; `state` [rows · heads, keyWidth, valueWidth] is that before the first. Padding has
 * a decay and a beta of 0, and changes nothing. Gives [chunks, rows, size, heads, valueWidth], and the state after the last chunk.
 *
 * Within a chunk the rule is solved for all tokens at once (UT transform, arXiv:2406.06484); what a chunk does to the state is then a product and a sum.
 * Source: transformers, `torch_chunk_gated_delta_rule`.
 */
export function chunkedDeltaRule(inputs: DeltaInputs, state: Tensor): { outputs: Tensor; state: Tensor } {
  const [chunks, rows, size, heads, width] = inputs.values.shape as [number, number, number, number, number];
  const keyWidth = inputs.keys.shape.at(-1)!;
  const all = chunks * rows * heads;
  const byHead = (x: Tensor, last: number) =>
    reshape(transpose(reshape(x, [chunks, rows, size, heads, last]), [0, 1, 3, 2, 4]), [all, size, last]);
  const [queries, keys] = [byHead(inputs.queries, keyWidth), byHead(inputs.keys, keyWidth)];
  const [values, beta] = [byHead(inputs.values, width), byHead(inputs.beta, 1)];

  // Along the last axis: tfjs has the gradient of others wrong.
  const total = expandDims(cumsum(reshape(byHead(inputs.decay, 1), [all, size]), 1), 2); // [all, size, 1]
  const last = slice(total, [0, size - 1, 0], [-1, 1, 1]); // [all, 1, 1]
  const apart = sub(total, transpose(total, [0, 2, 1])); // [all, size, size]
  const fading = exp(
    add(
      apart,
      mul(
        mask(size, (row, column) => row < column),
        HIDDEN,
      ),
    ),
  );
  const strictly = mask(size, (row, column) => row > column);
  const weighted = mul(keys, beta);
  const solve = unitLowerInverse(mul(mul(matMul(weighted, keys, false, true), fading), strictly));
  const corrections = matMul(solve, mul(values, beta)); // [all, size, width]
  const stored = matMul(solve, mul(weighted, exp(total))); // [all, size, keyWidth]: by what of the state they are reduced

  const kept = mul(keys, exp(sub(last, total))); // what is left of each key at the end
  const unchanged = mul(
    exp(last),
    mask(keyWidth, (row, column) => row === column),
  );
  const perStep = (x: Tensor, columns: number) => reshape(x, [chunks, rows * heads, keyWidth, columns]);
  const { starts, final } = matrixRecurrence(
    perStep(sub(unchanged, matMul(kept, stored, true)), keyWidth),
    perStep(matMul(kept, corrections, true), width),
    state,
  );
  const before = reshape(starts, [all, keyWidth, width]);
  const written = sub(corrections, matMul(stored, before));
  const scores = mul(matMul(queries, keys, false, true), fading);
  const outputs = add(matMul(mul(queries, exp(total)), before), matMul(scores, written));
  const ordered = transpose(reshape(outputs, [chunks, rows, heads, size, width]), [0, 1, 3, 2, 4]);
  return { outputs: ordered, state: final };
}
