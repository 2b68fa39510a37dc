/**
 * The policy's loss per token, before averaging: what the loss types differ in. One page, next to the papers:
 * GRPO arXiv:2402.03300 · GSPO (sequence ratios) arXiv:2507.18071 · CISPO arXiv:2506.13585 · SAPO arXiv:2511.20347.
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
import { stopGradient } from './stop-gradient.ts';

/** bnpo, dapo and dr_grpo are grpo's loss, averaged differently. */
export type LossType = 'grpo' | 'bnpo' | 'dapo' | 'dr_grpo' | 'cispo' | 'sapo' | 'reinforce' | 'ratio';

export interface PolicyLossOptions {
  lossType: LossType;
  /** Ratios are clipped below 1 − epsilon and above 1 + epsilonHigh; for cispo epsilonHigh itself is the cap. */
  epsilon: number;
  epsilonHigh: number;
  /** Cap on the unclipped ratio; null: none. */
  delta: number | null;
  sapoTemperaturePos: number;
  sapoTemperatureNeg: number;
}

/**
 * ρ, how much likelier the current policy makes what was sampled: per token [rows, C], or one for the whole completion [rows, 1], the
 * geometric mean over its tokens.
 */
export function importanceRatio(logps: Tensor, oldLogps: Tensor, mask: Tensor, level: 'token' | 'sequence'): Tensor {
  const logRatio = sub(logps, oldLogps);
  if (level === 'token') return exp(logRatio);
  const tokens = maximum(sum(mask, 1, true), 1);
  return exp(div(sum(mul(logRatio, mask), 1, true), tokens));
}

/** Loss per token [rows, C], or per row [rows, 1] when neither ratio nor advantage nor loss type tells tokens apart. */
export function policyLoss(ratio: Tensor, logps: Tensor, advantages: Tensor, options: PolicyLossOptions): Tensor {
  const { epsilon, epsilonHigh, delta } = options;
  switch (options.lossType) {
    case 'grpo':
    case 'bnpo':
    case 'dapo':
    case 'dr_grpo': {
      // Pessimistic: of the clipped and the unclipped gain, the smaller. Inside the clip range both are the same value with
      // the same slope, so it does not matter that tfjs gives a tie's gradient to one side and PyTorch half to each.
      const clipped = clipByValue(ratio, 1 - epsilon, 1 + epsilonHigh);
      const capped = delta === null ? ratio : minimum(ratio, delta);
      return neg(minimum(mul(capped, advantages), mul(clipped, advantages)));
    }
    case 'cispo': {
      // Clips the weight, not the gradient: every token keeps pulling.
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
