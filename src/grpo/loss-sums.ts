/** What the loss counts of its tokens, for metrics. */
import {
  cast,
  greater,
  less,
  logicalAnd,
  logicalOr,
  mul,
  type Scalar,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { MovedPolicy, PolicyLossOptions } from './policy-loss.ts';

/** Sums over the micro-batch's tokens: add them up over micro-batches, then divide by `tokens`. No gradient. */
export interface LossSums {
  tokens: Scalar;
  kl?: Scalar;
  entropy?: Scalar;
  /** With `topEntropyQuantile`: the tokens that learn, and their entropy. */
  learning?: Scalar;
  learningEntropy?: Scalar;
  /** The number of ratios that the clip counts refer to: tokens, or non-empty rows when ratio and advantage are per row. */
  ratios?: Scalar;
  /** Ratios clipped below (with a negative advantage), above (with a positive one), either: losses that clip as grpo does. */
  clipLow?: Scalar;
  clipHigh?: Scalar;
  clipRegion?: Scalar;
  /** Ratios above cispo's cap, with a positive advantage. */
  cispoClip?: Scalar;
  /** What `offPolicyMaskThreshold` leaves out, and of how many: completions, or tokens where each has its own advantage. */
  dropped?: Scalar;
  droppable?: Scalar;
  /** vespo's weights, and how many there are. */
  gamma?: Scalar;
  gammas?: Scalar;
}

/** How often the policy's loss held back. */
export function clipCounts(
  { ratio, advantages, gamma }: MovedPolicy,
  mask: Tensor,
  options: PolicyLossOptions,
): Partial<LossSums> {
  const weights = weightsFor([ratio, advantages], mask);
  const count = (condition: Tensor) => sum(mul(cast(condition, 'float32'), weights)) as Scalar;
  const above = (bound: number) => logicalAnd(greater(ratio, bound), greater(advantages, 0));
  switch (options.lossType) {
    case 'grpo':
    case 'bnpo':
    case 'dapo':
    case 'dr_grpo':
    case 'luspo': {
      const low = logicalAnd(less(ratio, 1 - options.epsilon), less(advantages, 0));
      const high = above(1 + options.epsilonHigh);
      return {
        ratios: sum(weights),
        clipLow: count(low),
        clipHigh: count(high),
        clipRegion: count(logicalOr(low, high)),
      };
    }
    case 'cispo':
      return { ratios: sum(weights), cispoClip: count(above(options.epsilonHigh)) };
    case 'vespo': {
      const each = weightsFor([gamma!], mask);
      return { gammas: sum(each), gamma: sum(mul(gamma!, each)) };
    }
    case 'sapo':
    case 'reinforce':
    case 'ratio':
      return {};
    default:
      return options.lossType satisfies never;
  }
}

/** `kept`: `offPolicyMask`. */
export function droppedCounts(kept: Tensor, mask: Tensor): Partial<LossSums> {
  const each = weightsFor([kept], mask);
  return { droppable: sum(each), dropped: sum(mul(sub(1, kept), each)) };
}

/** 1 on what counts: on tokens, or on rows that have any where each of these is the same for all tokens of a row. */
function weightsFor(values: readonly Tensor[], mask: Tensor): Tensor {
  const perRow = values.every(({ shape }) => shape[1] === 1);
  return perRow ? cast(greater(sum(mask, 1, true), 0), 'float32') : mask;
}
