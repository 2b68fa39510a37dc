/** VESPO's weight of a completion, arXiv:2602.10693, as TRL 1.16's `get_gamma_weights` computes it. */
import {
  add,
  clipByValue,
  exp,
  greaterEqual,
  less,
  mul,
  onesLike,
  sub,
  sum,
  type Tensor,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { withoutGradient } from './stop-gradient.ts';

export interface GammaOptions {
  /** k, the power of low ratios, and λ, the decay of high ones: for advantages from 0 up, and below 0. */
  vespoKPos: number;
  vespoLambdaPos: number;
  vespoKNeg: number;
  vespoLambdaNeg: number;
}

const SMALLEST_LOG = Math.log(1e-8);
const LARGEST_LOG = 20;
const LEAST_LAMBDA = 1e-4;

/**
 * φ(w) = e^λ · w^k · e^{−λw} of the completion's ratio w, the product over its tokens, shaped as `advantages`: 1 where the policy has not moved,
 * and less the further it has. No gradient. `logRatio`: [rows, C], 0 outside of the mask.
 */
export const gammaWeights = (logRatio: Tensor, mask: Tensor, advantages: Tensor, options: GammaOptions): Tensor =>
  withoutGradient(
    (logRatio, mask, advantages) => {
      const perRow = sum(mul(clipByValue(logRatio, -LARGEST_LOG, LARGEST_LOG), mask), 1, true);
      const logWeight = clipByValue(perRow, SMALLEST_LOG, LARGEST_LOG);
      const bySign = (positive: number, negative: number) => {
        const ones = onesLike(advantages);
        return where(greaterEqual(advantages, 0), mul(ones, positive), mul(ones, negative));
      };
      const power = bySign(options.vespoKPos, options.vespoKNeg);
      const decay = bySign(
        Math.max(options.vespoLambdaPos, LEAST_LAMBDA),
        Math.max(options.vespoLambdaNeg, LEAST_LAMBDA),
      );
      const phi = exp(sub(add(decay, mul(power, logWeight)), mul(decay, exp(logWeight))));
      // Of what float32 cannot hold, nothing is learned.
      return where(less(phi, Number.POSITIVE_INFINITY), phi, zerosLike(phi));
    },
    logRatio,
    mask,
    advantages,
  );
