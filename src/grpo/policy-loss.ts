/**
 * The policy's loss per token, before averaging: what the loss types differ in. One page, next to the papers:
 * GRPO arXiv:2402.03300 · GSPO (sequence ratios) arXiv:2507.18071 · CISPO arXiv:2506.13585 · SAPO arXiv:2511.20347 ·
 * LUSPO arXiv:2602.05261 · VESPO arXiv:2602.10693.
 */
import {
  clipByValue,
  div,
  exp,
  greater,
  maximum,
  minimum,
  mul,
  neg,
  onesLike,
  sigmoid,
  sub,
  sum,
  type Tensor,
  where,
} from '@tensorflow/tfjs-core';
import type { GammaOptions } from './gamma-weights.ts';
import { stopGradient } from './stop-gradient.ts';

/** bnpo, dapo, dr_grpo and luspo are grpo's loss, averaged differently. */
export type LossType =
  | 'grpo'
  | 'bnpo'
  | 'dapo'
  | 'dr_grpo'
  | 'luspo'
  | 'cispo'
  | 'sapo'
  | 'vespo'
  | 'reinforce'
  | 'ratio';

export interface PolicyLossOptions extends GammaOptions {
  lossType: LossType;
  /** Ratios are clipped below 1 − epsilon and above 1 + epsilonHigh; for cispo epsilonHigh itself is the cap. */
  epsilon: number;
  epsilonHigh: number;
  /** Cap on the unclipped ratio; null: no cap. */
  delta: number | null;
  sapoTemperaturePos: number;
  sapoTemperatureNeg: number;
}

/**
 * ρ, how much more likely the sampled tokens are under the current policy than under the old one: per token [rows, C], or per completion
 * [rows, 1], the geometric mean over its tokens.
 */
export function importanceRatio(logps: Tensor, oldLogps: Tensor, mask: Tensor, level: 'token' | 'sequence'): Tensor {
  const logRatio = sub(logps, oldLogps); // [rows, C]
  switch (level) {
    case 'token':
      return exp(logRatio);
    case 'sequence': {
      const tokens = maximum(sum(mask, 1, true), 1); // [rows, 1]
      return exp(div(sum(mul(logRatio, mask), 1, true), tokens));
    }
    default:
      return level satisfies never;
  }
}

/** A micro-batch as the policy's loss sees it. */
export interface MovedPolicy {
  /** ρ, as `importanceRatio` gives it. */
  ratio: Tensor;
  /** [rows, C], and no NaN in their padding. */
  logps: Tensor;
  /** [rows, 1] or [rows, C]. */
  advantages: Tensor;
  /** For vespo: `gammaWeights`. */
  gamma: Tensor | undefined;
}

/** Loss per token [rows, C], or per row [rows, 1] when ratio, advantage and loss type are the same for all tokens. */
export function policyLoss({ ratio, logps, advantages, gamma }: MovedPolicy, options: PolicyLossOptions): Tensor {
  const { epsilon, epsilonHigh, delta } = options;
  switch (options.lossType) {
    case 'grpo':
    case 'bnpo':
    case 'dapo':
    case 'dr_grpo':
    case 'luspo': {
      // Pessimistic: the smaller of the clipped and the unclipped gain. Inside the clip range both are the same value with
      // the same slope, so it does not matter that tfjs gives a tie's gradient to one side and PyTorch half to each.
      const clipped = clipByValue(ratio, 1 - epsilon, 1 + epsilonHigh);
      const capped = delta === null ? ratio : minimum(ratio, delta);
      return neg(minimum(mul(capped, advantages), mul(clipped, advantages)));
    }
    case 'cispo': {
      // Clips the weight, not the gradient: every token contributes.
      const weight = stopGradient(minimum(ratio, epsilonHigh));
      return neg(mul(mul(weight, advantages), logps));
    }
    case 'sapo': {
      // A soft gate instead of a clip; 4/τ makes its slope 1 at ρ = 1.
      const ones = onesLike(advantages);
      const temperature = where(
        greater(advantages, 0),
        mul(ones, options.sapoTemperaturePos),
        mul(ones, options.sapoTemperatureNeg),
      );
      const gate = mul(sigmoid(mul(temperature, sub(ratio, 1))), div(4, temperature));
      return neg(mul(gate, advantages));
    }
    case 'vespo':
      // The weight is a constant: every token contributes, those of a completion that has moved far by little.
      return neg(mul(mul(gamma!, advantages), logps));
    case 'reinforce':
      return neg(mul(advantages, logps));
    case 'ratio':
      return neg(mul(ratio, advantages));
    default:
      return options.lossType satisfies never;
  }
}

/** k3, Schulman's estimate of KL(policy ‖ reference) from one sample: e^d − d − 1 with d = ref − lp; never negative. */
export function klEstimate(logps: Tensor, refLogps: Tensor): Tensor {
  const difference = sub(refLogps, logps);
  return sub(sub(exp(difference), difference), 1);
}
