/**
 * The loss of a micro-batch as a TensorFlow.js program: policy loss per token, KL to the reference, averaging, entropy bonus.
 * Equal to TRL 1.16's `_compute_loss`, values and gradients (test/references/grpo_loss.py).
 */
import {
  add,
  cast,
  div,
  greater,
  less,
  logicalAnd,
  logicalOr,
  maximum,
  mul,
  onesLike,
  type Scalar,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { importanceRatio, klEstimate, type LossType, type PolicyLossOptions, policyLoss } from './policy-loss.ts';
import { stopGradient } from './stop-gradient.ts';

/** What determines the loss; the fields are named as in a run config. */
export interface LossOptions extends PolicyLossOptions {
  importanceSamplingLevel: 'token' | 'sequence';
  /** Weight of the KL divergence; needs `refLogps`. */
  beta: number;
  /** Multiply the KL term by the ratio, which makes its gradient that of the reverse KL (DeepSeek-V3.2, arXiv:2512.02556). */
  useBiasCorrectionKl: boolean;
  /** Weight of the entropy bonus; needs `entropies`. */
  entropyCoef: number;
  /** dr_grpo divides by it, regardless of the completions' lengths. */
  maxCompletionLength: number;
}

/** A micro-batch of completions, padded to C columns; padding may contain anything, even NaN. */
export interface LossInputs {
  /** [rows, C]: log-probabilities of the sampled tokens under the policy that is trained. */
  logps: Tensor2D;
  /** [rows, C]: the same under the policy that sampled; without it the policy has not moved since (every ratio is 1). */
  oldLogps?: Tensor2D;
  /** [rows, C]: the same under the reference policy. With it, `sums.kl` is computed even if beta is 0. */
  refLogps?: Tensor2D;
  /** [rows, C]: entropies of the policy's next-token distributions, in nats. */
  entropies?: Tensor2D;
  /** [rows, C] float32: 1 on completion tokens (the end-of-sequence token included), 0 on padding. */
  mask: Tensor2D;
  /** [rows, 1], or [rows, C] with process supervision; finite everywhere. */
  advantages: Tensor2D;
  /** Rows of all micro-batches of the optimizer step. Tensors, so that the compiled graph does not depend on them. */
  totalRows: Scalar;
  /** Mask tokens of all micro-batches of the optimizer step. */
  totalTokens: Scalar;
}

/** Sums over the micro-batch's tokens: add them up over micro-batches, then divide by `tokens`. No gradient. */
export interface LossSums {
  tokens: Scalar;
  kl?: Scalar;
  entropy?: Scalar;
  /** The number of ratios that the clip counts refer to: tokens, or non-empty rows when ratio and advantage are per row. */
  ratios?: Scalar;
  /** Ratios clipped below (with a negative advantage), above (with a positive one), either: losses that clip as grpo does. */
  clipLow?: Scalar;
  clipHigh?: Scalar;
  clipRegion?: Scalar;
  /** Ratios above cispo's cap, with a positive advantage. */
  cispoClip?: Scalar;
}

/**
 * `loss` is this micro-batch's share: the shares of all micro-batches add up to the loss of the whole batch, and so do their
 * gradients. (bnpo averages each micro-batch by its own tokens, by definition: its shares add up to the mean of those averages.)
 */
export function grpoLoss(inputs: LossInputs, options: LossOptions): { loss: Scalar; sums: LossSums } {
  const { mask, advantages } = inputs;
  const { beta, entropyCoef } = options;
  // Before any exp: infinity in the padding times 0 would be NaN, also in the gradient.
  const isToken = greater(mask, 0);
  const onTokens = (x: Tensor): Tensor => where(isToken, x, zerosLike(x));

  const logps = onTokens(inputs.logps);
  const oldLogps = inputs.oldLogps ? onTokens(inputs.oldLogps) : stopGradient(logps);
  const ratio = importanceRatio(logps, oldLogps, mask, options.importanceSamplingLevel);
  const plainKl = inputs.refLogps && klEstimate(logps, onTokens(inputs.refLogps));
  const kl = plainKl && options.useBiasCorrectionKl ? mul(plainKl, ratio) : plainKl;
  const entropies = inputs.entropies && onTokens(inputs.entropies);

  let perToken = policyLoss(ratio, logps, advantages, options);
  if (beta !== 0) {
    perToken = add(perToken, mul(given(kl, 'beta', 'refLogps'), beta));
  }
  let loss = average(perToken, inputs, options);
  if (entropyCoef !== 0) {
    const bonus = div(sum(given(entropies, 'entropyCoef', 'entropies')), maximum(inputs.totalTokens, 1));
    loss = sub(loss, mul(bonus, entropyCoef));
  }

  const sums: LossSums = { tokens: sum(mask), ...clipCounts(ratio, mask, advantages, options) };
  if (kl) sums.kl = sum(mul(kl, mask));
  if (entropies) sums.entropy = sum(entropies);
  return { loss: loss as Scalar, sums };
}

/** Whether a batch's loss depends on how it is cut into micro-batches, which is then the user's to say. */
export const DEPENDS_ON_MICRO_BATCHES: Record<LossType, boolean> = {
  ...{ grpo: false, bnpo: true, dapo: false, dr_grpo: false },
  ...{ cispo: false, sapo: false, reinforce: false, ratio: false },
};

/** From losses per token ([rows, C] or [rows, 1]) to a scalar: the difference between loss types that share a policy loss. */
function average(perToken: Tensor, { mask, totalRows, totalTokens }: LossInputs, options: LossOptions): Tensor {
  const masked = mul(perToken, mask); // [rows, C]
  switch (options.lossType) {
    case 'dapo':
    case 'cispo':
      return div(sum(masked), maximum(totalTokens, 1));
    case 'dr_grpo':
      return div(sum(masked), mul(totalRows, options.maxCompletionLength));
    case 'bnpo': {
      // Counted, because the number of rows may be known only when the graph runs.
      const rows = sum(onesLike(sum(mask, 1)));
      return mul(div(sum(masked), maximum(sum(mask), 1)), div(rows, totalRows));
    }
    case 'grpo':
    case 'sapo':
    case 'reinforce':
    case 'ratio': {
      // Every completion has the same weight, regardless of its length.
      const perRow = div(sum(masked, 1), maximum(sum(mask, 1), 1)); // [rows]
      return div(sum(perRow), totalRows);
    }
    default:
      return options.lossType satisfies never;
  }
}

function clipCounts(ratio: Tensor, mask: Tensor, advantages: Tensor, options: LossOptions): Partial<LossSums> {
  const perRow = ratio.shape[1] === 1 && advantages.shape[1] === 1;
  const weights = perRow ? cast(greater(sum(mask, 1, true), 0), 'float32') : mask;
  const count = (condition: Tensor) => sum(mul(cast(condition, 'float32'), weights)) as Scalar;
  const above = (bound: number) => logicalAnd(greater(ratio, bound), greater(advantages, 0));
  switch (options.lossType) {
    case 'grpo':
    case 'bnpo':
    case 'dapo':
    case 'dr_grpo': {
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
    case 'sapo':
    case 'reinforce':
    case 'ratio':
      return {};
    default:
      return options.lossType satisfies never;
  }
}

function given(tensor: Tensor | undefined, option: string, input: string): Tensor {
  if (!tensor) throw new Error(`${option} is not 0, but the loss got no ${input}`);
  return tensor;
}
