/**
 * The loss of a micro-batch as a TensorFlow.js program: policy loss per token, KL to the reference, averaging, entropy bonus.
 * Equal to TRL 1.16's `_compute_loss`, values and gradients (test/references/grpo_loss.py).
 */
import {
  add,
  div,
  greater,
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
import { highEntropyMask } from './entropy-mask.ts';
import { gammaWeights } from './gamma-weights.ts';
import { clipCounts, droppedCounts, type LossSums } from './loss-sums.ts';
import { offPolicyMask } from './off-policy-mask.ts';
import { importanceRatio, klEstimate, type PolicyLossOptions, policyLoss } from './policy-loss.ts';
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
  /** Share of a micro-batch's tokens that learn, those of highest entropy; below 1 it needs `entropies`. */
  topEntropyQuantile: number;
  /** Completions with a negative advantage do not count once they are further from the policy, in nats; null: all count. */
  offPolicyMaskThreshold: number | null;
  /** dr_grpo divides by it, regardless of the completions' lengths. */
  maxCompletionLength: number;
}

/** A micro-batch of completions, padded to C columns; padding may contain anything, even NaN. */
export interface LossInputs {
  /** [rows, C]: log-probabilities of the sampled tokens under the policy that is trained. */
  logps: Tensor2D;
  /** [rows, C]: the same under the policy that sampled; without it the policy has not moved since (every ratio is 1). */
  oldLogps?: Tensor2D;
  /** [rows, C]: the same as the sampler computed them; without them `oldLogps` are. */
  sampledLogps?: Tensor2D;
  /** [rows, C]: the same under the reference policy. With it, `sums.kl` is computed even if beta is 0. */
  refLogps?: Tensor2D;
  /** [rows, C]: entropies of the policy's next-token distributions, in nats. */
  entropies?: Tensor2D;
  /** [rows, C] float32: 1 on completion tokens (the end-of-sequence token included), 0 on padding. */
  mask: Tensor2D;
  /** [rows, 1], or [rows, C] with process supervision; finite everywhere. */
  advantages: Tensor2D;
  /** [rows, 1]: derivative by each row's summed log-probabilities of a term that is computed for the whole batch; its value is not in `loss`. */
  slopes?: Tensor2D;
  /** Weight of the entropy bonus in place of the options', where it changes from update to update. */
  entropyCoef?: Scalar;
  /** Rows of all micro-batches of the optimizer step. Tensors, so that the compiled graph does not depend on them. */
  totalRows: Scalar;
  /** Mask tokens of all micro-batches of the optimizer step. */
  totalTokens: Scalar;
  /** Mask tokens of an average optimizer step, where a rollout is divided among several: what the mean over tokens then divides by, as in TRL. */
  averageTokens?: Scalar;
}

/**
 * `loss` is this micro-batch's share: the shares of all micro-batches add up to the loss of the whole batch, and so do their
 * gradients. (bnpo averages each micro-batch by its own tokens, and `topEntropyQuantile` chooses among them, by definition: the shares of bnpo
 * add up to the mean of those averages.) `learns`: with `topEntropyQuantile`, 1 on the tokens that learn, [rows, C].
 */
export function grpoLoss(
  inputs: LossInputs,
  options: LossOptions,
): { loss: Scalar; sums: LossSums; learns: Tensor | undefined } {
  const { mask, advantages } = inputs;
  const { lossType, beta, entropyCoef, topEntropyQuantile, offPolicyMaskThreshold } = options;
  // Before any exp: infinity in the padding times 0 would be NaN, also in the gradient.
  const isToken = greater(mask, 0);
  const onTokens = (x: Tensor): Tensor => where(isToken, x, zerosLike(x));

  const logps = onTokens(inputs.logps);
  const oldLogps = inputs.oldLogps ? onTokens(inputs.oldLogps) : stopGradient(logps);
  const ratio = importanceRatio(logps, oldLogps, mask, options.importanceSamplingLevel);
  const plainKl = inputs.refLogps && klEstimate(logps, onTokens(inputs.refLogps));
  const kl = plainKl && options.useBiasCorrectionKl ? mul(plainKl, ratio) : plainKl;
  const entropies = inputs.entropies && onTokens(inputs.entropies);

  const learns =
    topEntropyQuantile < 1
      ? highEntropyMask(given(entropies, 'topEntropyQuantile', 'entropies'), mask, topEntropyQuantile)
      : undefined;

  const gamma = lossType === 'vespo' ? gammaWeights(sub(logps, oldLogps), mask, advantages, options) : undefined;
  const moved = { ratio, logps, advantages, gamma };
  let perToken = policyLoss(moved, options);
  const sampledLogps = inputs.sampledLogps ? onTokens(inputs.sampledLogps) : oldLogps;
  const kept =
    offPolicyMaskThreshold === null
      ? undefined
      : offPolicyMask(logps, sampledLogps, mask, advantages, offPolicyMaskThreshold);
  if (kept) perToken = mul(perToken, kept);
  if (learns) perToken = mul(perToken, learns);
  if (beta !== 0) {
    perToken = add(perToken, mul(given(kl, 'beta', 'refLogps'), beta));
  }
  let loss = average(perToken, inputs, options);
  if (inputs.entropyCoef || entropyCoef !== 0) {
    const bonus = meanEntropy(given(entropies, 'entropyCoef', 'entropies'), learns, inputs);
    loss = sub(loss, mul(bonus, inputs.entropyCoef ?? entropyCoef));
  }

  if (inputs.slopes) {
    // [rows, 1]: zeros that have the gradient of the rows' sums.
    const rows = sum(mul(sub(logps, stopGradient(logps)), mask), 1, true);
    loss = add(loss, sum(mul(rows, inputs.slopes)));
  }

  const sums: LossSums = {
    tokens: sum(mask),
    ...clipCounts(moved, mask, options),
    ...(kept && droppedCounts(kept, mask)),
  };
  if (kl) sums.kl = sum(mul(kl, mask));
  if (entropies) sums.entropy = sum(entropies);
  if (entropies && learns) {
    sums.learning = sum(learns);
    sums.learningEntropy = sum(mul(entropies, learns));
  }
  return { loss: loss as Scalar, sums, learns };
}

/** This micro-batch's share of the mean entropy of all tokens that learn. */
function meanEntropy(entropies: Tensor, learns: Tensor | undefined, inputs: LossInputs): Tensor {
  if (!learns) return div(sum(entropies), maximum(inputs.totalTokens, 1));
  // How many of the other micro-batches' tokens learn is not known here: the mean of the micro-batches' means, as in TRL.
  return mul(div(sum(mul(entropies, learns)), maximum(sum(learns), 1)), shareOfRows(inputs));
}

/** This micro-batch's share of all rows. Counted, because the number of rows may be known only when the graph runs. */
const shareOfRows = ({ mask, totalRows }: LossInputs): Tensor => div(sum(onesLike(sum(mask, 1))), totalRows);

/**
 * Whether tokens with advantage 0 have a gradient all the same: they pull at the reference (a preference term needs one, too), or at the entropy,
 * which adaptive control also measures.
 */
export const learnsFromAllTokens = ({
  beta,
  entropyCoef,
  useAdaptiveEntropy,
}: Pick<LossOptions, 'beta' | 'entropyCoef'> & { useAdaptiveEntropy: boolean }): boolean =>
  beta !== 0 || entropyCoef !== 0 || useAdaptiveEntropy;

/** Whether a batch's loss depends on how it is cut into micro-batches, which is then the user's to say. */
export const dependsOnMicroBatches = ({
  lossType,
  topEntropyQuantile,
}: Pick<LossOptions, 'lossType' | 'topEntropyQuantile'>): boolean => lossType === 'bnpo' || topEntropyQuantile < 1;

/** From losses per token ([rows, C] or [rows, 1]) to a scalar: the difference between loss types that share a policy loss. */
function average(perToken: Tensor, inputs: LossInputs, options: LossOptions): Tensor {
  const { mask, totalRows, totalTokens, averageTokens = totalTokens } = inputs;
  const masked = mul(perToken, mask); // [rows, C]
  switch (options.lossType) {
    case 'dapo':
    case 'cispo':
    case 'vespo':
      return div(sum(masked), maximum(averageTokens, 1));
    case 'dr_grpo':
      return div(sum(masked), mul(totalRows, options.maxCompletionLength));
    case 'luspo':
      // Undivided: a completion counts in proportion to its length, which makes up for the root in its ratio.
      return div(sum(masked), totalRows);
    case 'bnpo':
      return mul(div(sum(masked), maximum(sum(mask), 1)), shareOfRows(inputs));
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

function given(tensor: Tensor | undefined, option: string, input: string): Tensor {
  if (!tensor) throw new Error(`${option} is set, but the loss got no ${input}`);
  return tensor;
}
