import { clipByValue, exp, minimum, mul, neg, sub, type Tensor } from '@tensorflow/tfjs-core';

const EPSILON = 0.2;

/** PPO's surrogate of each token, negated: −min(ρA, clip(ρ)A). GRPO has taken it over. */
export function clippedLoss(logProbs: Tensor, old: Tensor, advantages: Tensor): Tensor {
  const ratio = exp(sub(logProbs, old));
  const clipped = clipByValue(ratio, 1 - EPSILON, 1 + EPSILON);
  return neg(minimum(mul(ratio, advantages), mul(clipped, advantages)));
}
