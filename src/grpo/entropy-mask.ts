/**
 * Only the tokens at which the policy is least sure learn: Beyond the 80/20 Rule, arXiv:2506.01939, as TRL 1.16's `get_high_entropy_mask`
 * chooses them.
 */
import {
  add,
  cast,
  div,
  floor,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  max,
  maximum,
  min,
  mul,
  scalar,
  sub,
  sum,
  type Tensor,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { withoutGradient } from './stop-gradient.ts';

/**
 * 1 on the tokens of a micro-batch whose entropy reaches the quantile above which the share `top` of them is, 0 on the others: [rows, C], as
 * `entropies` (in nats) and `mask`. No gradient.
 */
export const highEntropyMask = (entropies: Tensor, mask: Tensor, top: number): Tensor =>
  withoutGradient(
    (values, isToken) => {
      const onTokens = where(greater(isToken, 0), values, zerosLike(values));
      return mul(cast(greaterEqual(onTokens, quantile(onTokens, isToken, 1 - top)), 'float32'), isToken);
    },
    entropies,
    mask,
  );

/** As torch.quantile: between the two values whose ranks are nearest. Values are not negative, and 0 outside of the mask. */
function quantile(values: Tensor, mask: Tensor, q: number): Tensor {
  const rank = mul(maximum(sub(sum(mask), 1), 0), q);
  const below = floor(rank);
  const share = sub(rank, below);
  const largest = max(values);
  const nextAbove = (bound: Tensor) =>
    min(where(logicalAnd(greater(values, bound), greater(mask, 0)), values, add(zerosLike(values), largest)));
  const count = (bound: Tensor) => sum(mul(cast(lessEqual(values, bound), 'float32'), mask));

  const lower = nextAbove(boundBelow(below, largest, count));
  const upper = where(less(count(lower), add(below, 2)), nextAbove(lower), lower);
  // torch.lerp: exact at both ends.
  const range = sub(upper, lower);
  return where(less(share, 0.5), add(lower, mul(share, range)), sub(upper, mul(range, sub(1, share))));
}

/** From 12 nats down to far less than float32 tells apart at an entropy that matters. */
const HALVINGS = 48;

/**
 * A bound such that the smallest value above it is that of the given rank (from 0). Found by halving, because a graph whose sizes are open
 * cannot sort.
 */
function boundBelow(rank: Tensor, largest: Tensor, count: (bound: Tensor) => Tensor): Tensor {
  let [low, high]: [Tensor, Tensor] = [scalar(-1), largest];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = div(add(low, high), 2);
    const reached = greater(count(middle), rank);
    [low, high] = [where(reached, low, middle), where(reached, middle, high)];
  }
  return low;
}
