/** Off-policy sequence masking: DeepSeek-V3.2, arXiv:2512.02556, equation 9, as TRL 1.16's `get_off_policy_mask`. */
import {
  cast,
  div,
  greaterEqual,
  lessEqual,
  logicalOr,
  maximum,
  mul,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { withoutGradient } from './stop-gradient.ts';

/**
 * 0 where an advantage is negative and the completion's tokens have become less likely by more than `threshold` nats on average since they were
 * sampled, else 1; shaped as `advantages`. No gradient. Log-probabilities: [rows, C], 0 outside of the mask.
 */
export const offPolicyMask = (
  logps: Tensor,
  sampledLogps: Tensor,
  mask: Tensor,
  advantages: Tensor,
  threshold: number,
): Tensor =>
  withoutGradient(
    (logps, sampledLogps, mask, advantages) => {
      const kl = div(sum(mul(sub(sampledLogps, logps), mask), 1, true), maximum(sum(mask, 1, true), 1)); // [rows, 1]
      return cast(logicalOr(greaterEqual(advantages, 0), lessEqual(kl, threshold)), 'float32');
    },
    logps,
    sampledLogps,
    mask,
    advantages,
  );
