import {
  add,
  argMax,
  cast,
  cumsum,
  div,
  gather,
  greaterEqual,
  less,
  lessEqual,
  max,
  min,
  minimum,
  mul,
  onesLike,
  pad,
  reshape,
  scalar,
  slice,
  softmax,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  topk,
  where,
} from '@tensorflow/tfjs-core';
import { countUp } from '../../engine/count-up.ts';
import { pickLogProb } from '../../engine/fused/pick-log-prob.ts';

/** How the next token is drawn; the names and the order of the filters (temperature, top k, top p, min p) are transformers'. */
export interface SamplingOptions {
  /** 0 takes the most likely token. */
  temperature: number;
  /** Keep the k most likely tokens; 0 keeps all. */
  topK: number;
  /** Keep the smallest set of tokens whose probability reaches this; 1 keeps all. */
  topP: number;
  /** Keep tokens at least this likely, relative to the most likely one; 0 keeps all. */
  minP: number;
}

/**
 * Draws one token per row of logits [rows, vocabulary] from uniform numbers [rows] in [0, 1). Also gives its log-probability under
 * the tempered but unfiltered distribution: the policy that is trained (at temperature 1 when decoding greedily). `penalty` [vocabulary]
 * counts for the draw alone.
 */
export function sampleToken(
  logits: Tensor2D,
  uniforms: Tensor1D,
  options: SamplingOptions,
  penalty?: Tensor,
): { ids: Tensor1D; logProbs: Tensor1D } {
  const tempered: Tensor2D = options.temperature > 0 ? div(logits, options.temperature) : logits;
  const penalized: Tensor2D = penalty ? add(tempered, penalty) : tempered;
  const ids =
    options.temperature > 0
      ? drawInverseCdf(filterProbabilities(penalized, options), uniforms)
      : argMax<Tensor1D>(penalized, 1);
  return { ids, logProbs: pickLogProb(tempered, ids) };
}

/** Probabilities with the filtered tokens at zero; they need not sum to one. */
function filterProbabilities(logits: Tensor2D, { topK, topP, minP }: SamplingOptions): Tensor2D {
  const vocabulary = logits.shape[1];
  let probabilities: Tensor2D = softmax(logits);
  const keep = (kept: Tensor) => {
    probabilities = mul(probabilities, cast(kept, 'float32'));
  };
  if (topK > 0 && topK < vocabulary) {
    const { values } = topk(probabilities, topK);
    keep(greaterEqual(probabilities, slice(values, [0, topK - 1], [-1, 1])));
  }
  if (topP < 1) {
    const { values: sorted } = topk(probabilities, vocabulary);
    // A token stays while those before it hold less than topP of what the filter before left; the first always stays.
    const before = cumsum(sorted, 1, true);
    const inNucleus = less(before, mul(sum(probabilities, 1, true), topP));
    keep(greaterEqual(probabilities, min(where(inNucleus, sorted, onesLike(sorted)), 1, true)));
  }
  if (minP > 0) keep(greaterEqual(probabilities, mul(max(probabilities, 1, true), minP)));
  return probabilities;
}

/** Entries summed at once; larger rows are searched in two levels, sums of blocks first, then one block. */
const BLOCK = 256;
/** Keeps the drawn mass strictly below the total after float32 rounding, so that a token of probability 0 is never drawn. */
const BELOW_ONE = 1 - 2 ** -21;

/** For each row of unnormalized probabilities [rows, n], the first index at which their running sum exceeds u · total. */
function drawInverseCdf(probabilities: Tensor2D, uniforms: Tensor1D): Tensor1D {
  const [rows, n] = probabilities.shape;
  const u = reshape(mul(uniforms, BELOW_ONE), [rows, 1]);
  if (n <= 4 * BLOCK) {
    const running = cumsum(probabilities, 1);
    return countWithin(running, mul(u, lastColumn(running)));
  }
  const blocks = Math.ceil(n / BLOCK);
  const byBlock = reshape(
    pad(probabilities, [
      [0, 0],
      [0, blocks * BLOCK - n],
    ]),
    [rows * blocks, BLOCK],
  );
  const blockRunning = cumsum(reshape(sum(byBlock, 1), [rows, blocks]), 1);
  const target = mul(u, lastColumn(blockRunning)); // [rows, 1]
  const block = countWithin(blockRunning, target); // [rows]
  const flat: Tensor1D = add(mul(countUp(uniforms), scalar(blocks, 'int32')), block); // each row's block in byBlock
  const inBlock = cumsum(gather<Tensor>(byBlock, flat), 1); // [rows, BLOCK]
  const before = sub(
    gather(reshape(blockRunning, [rows * blocks]), flat),
    gather(reshape(sum(byBlock, 1), [rows * blocks]), flat),
  );
  const rest = minimum(sub(target, reshape(before, [rows, 1])), mul(lastColumn(inBlock), BELOW_ONE));
  return add(mul(block, scalar(BLOCK, 'int32')), countWithin(inBlock, rest));
}

const lastColumn = (x: Tensor): Tensor => slice(x, [0, x.shape[1]! - 1], [-1, 1]);

/** How many entries of each row of running sums are at most `target` [rows, 1]. */
const countWithin = (running: Tensor, target: Tensor): Tensor1D => sum(cast(lessEqual(running, target), 'int32'), 1);
