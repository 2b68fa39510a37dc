import {
  add,
  div,
  keep,
  mul,
  type Scalar,
  sub,
  type Tensor,
  type Tensor2D,
  valueAndGrads,
} from '@tensorflow/tfjs-core';
import { after } from '../../engine/fused/after.ts';
import { type AdamWScalars, adamW, addSquares, globalNorm, scaleGradients } from '../../engine/optimizer.ts';
import { grpoLoss } from '../../grpo/loss.ts';
import type { LossSums } from '../../grpo/loss-sums.ts';
import type { ModelConfig } from '../../model/config.ts';
import { completionFigures, type SequenceTensors } from '../../model/network/completion-logprobs.ts';
import type { Parameters } from '../../model/network/decoder.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import { adamWOptions } from './adamw-options.ts';

/** A micro-batch; C is the length of its longest completion. */
export type GradientInputs = {
  /** What is trained: all parameters, or an adapter's. */
  params: Parameters;
  /** The others. */
  frozen?: Parameters;
  sequences: SequenceTensors;
  /** [rows, C] float32: 1 on completion tokens that count. */
  mask: Tensor;
  /** [rows, 1], or [rows, C] with process supervision. */
  advantages: Tensor;
  /** [rows, C] log-probabilities under the sampling policy; absent at the first pass over a rollout that is not divided. */
  old?: { logProbs: Tensor };
  /** [rows, C] log-probabilities as the sampler computed them, with `offPolicyMaskThreshold` where they are known. */
  sampled?: { logProbs: Tensor };
  /** [rows, C] log-probabilities under the reference policy; there when beta is not 0. */
  reference?: { logProbs: Tensor };
  /** With `dpoCoef`, [rows, 1]: the preference term's derivative by each completion's summed log-probabilities. */
  preference?: { slopes: Tensor };
  /** With `useAdaptiveEntropy`: the weight of the entropy bonus in this update. */
  bonus?: { coef: Tensor };
  /** Of all micro-batches of the update. */
  totals: { rows: Tensor; tokens: Tensor };
  /** Of an average update, where a rollout is divided among several. */
  average?: { tokens: Tensor };
  /** The sum of the gradients of the micro-batches before. */
  accumulated: Parameters;
  /** What the loss, and with it gradients, are multiplied with, so that float16 holds small ones. */
  scaling?: { loss: Tensor };
};

/** `gradients` are those accumulated, with this micro-batch's. */
export type GradientOutputs = {
  gradients: Parameters;
  /** [rows, C], as `entropies`: of each token under the policy, and of the distribution that it is of. */
  logProbs: Tensor;
  entropies: Tensor;
  /** With `topEntropyQuantile`, likewise: 1 on the tokens that learn. */
  chosen?: { learns: Tensor };
  loss: Tensor;
  sums: Record<string, Tensor>;
};

/**
 * The gradient of a micro-batch's share of the GRPO loss, added to that of the others. Also gives the policy's log-probabilities: at the first
 * pass they are those of the sampling policy too, and become `old` of the later ones without a forward pass of their own.
 */
export function gradientProgram(model: ModelConfig, config: RunConfig) {
  return (inputs: GradientInputs): GradientOutputs => {
    const { params, frozen, sequences, mask, advantages, totals, accumulated, scaling } = inputs;
    const { average, old, sampled, reference, preference, bonus } = inputs;
    const names = Object.keys(params);
    let logProbs!: Tensor;
    let entropies!: Tensor;
    let learns: Tensor | undefined;
    let loss!: Tensor;
    let sums!: LossSums;

    const lossOf = (...tensors: Tensor[]): Scalar => {
      const current = Object.fromEntries(tensors.map((tensor, index) => [names[index]!, tensor]));
      const hasBonus = bonus || config.entropyCoef !== 0;
      const figures = completionFigures({ ...frozen, ...current }, model, sequences, config.temperature, {
        entropies: hasBonus ? 'learned' : 'observed',
        hits: false,
        gradients: true,
      });
      const logps = figures.logProbs;
      const ofTokens = figures.entropies!;
      const result = grpoLoss(
        {
          logps,
          ...(old && { oldLogps: old.logProbs as Tensor2D }),
          ...(sampled && { sampledLogps: sampled.logProbs as Tensor2D }),
          ...(preference && { slopes: preference.slopes as Tensor2D }),
          ...(bonus && { entropyCoef: bonus.coef as Scalar }),
          ...(reference && { refLogps: reference.logProbs as Tensor2D }),
          entropies: ofTokens,
          mask: mask as Tensor2D,
          advantages: advantages as Tensor2D,
          totalRows: totals.rows as Scalar,
          totalTokens: totals.tokens as Scalar,
          ...(average && { averageTokens: average.tokens as Scalar }),
        },
        config,
      );
      logProbs = keep(logps);
      entropies = keep(ofTokens);
      learns = result.learns && keep(result.learns);
      sums = result.sums;
      for (const sum of Object.values(sums)) keep(sum);
      loss = keep(result.loss);
      return scaling ? mul(result.loss, scaling.loss) : result.loss;
    };

    const { grads } = valueAndGrads(lossOf)(names.map((name) => params[name]!));
    const gradients = Object.fromEntries(names.map((name, index) => [name, add(accumulated[name]!, grads[index]!)]));
    return { gradients, logProbs, entropies, ...(learns && { chosen: { learns } }), loss, sums: { ...sums } };
  };
}

export type ClipInputs = { gradients: Parameters; scaling?: { loss: Tensor } };
export type ClipOutputs = { norm: Tensor; factor: Tensor };

/** The gradients' norm, and what to scale them with so that it does not exceed `maxGradNorm`; both undo the loss's scaling. */
export function clipProgram({ maxGradNorm }: RunConfig) {
  return ({ gradients, scaling }: ClipInputs): ClipOutputs => {
    const { norm, factor } = globalNorm(gradients, maxGradNorm, scaling?.loss);
    return { norm, factor: scaling ? div(factor, scaling.loss) : factor };
  };
}

export type ApplyInputs = {
  params: Parameters;
  gradients: Parameters;
  means: Parameters;
  squares: Parameters;
  /** From `clipProgram`. */
  factor: Tensor;
  scalars: AdamWScalars;
  /** Sums of squares over the parameters updated before: of their new values, and of their changes. */
  sums: { size: Tensor; change: Tensor };
};
/** `sums` are those of the inputs, with these parameters' squares: finite as long as all of them are. */
export type ApplyOutputs = Pick<ApplyInputs, 'params' | 'means' | 'squares' | 'sums'>;

/** Takes one AdamW step with the clipped gradients, for all parameters or some of them; `inPlace`: outputs are written over the inputs. */
export function applyProgram(config: RunConfig, { inPlace }: { inPlace: boolean }) {
  const options = adamWOptions(config);
  return ({ params, gradients, means, squares, factor, scalars, sums }: ApplyInputs): ApplyOutputs => {
    const next = adamW(params, scaleGradients(gradients, factor as Scalar), means, squares, scalars, options);
    const changes = Object.fromEntries(
      Object.entries(next.params).map(([name, param]) => [name, sub(param, params[name]!)]),
    );
    const size = addSquares(sums.size as Scalar, next.params);
    const change = addSquares(sums.change as Scalar, changes);
    // Those before are needed until then.
    const last = (tensor: Tensor) => (inPlace ? after(tensor, change) : tensor);
    return {
      params: Object.fromEntries(Object.entries(next.params).map(([name, tensor]) => [name, last(tensor)])),
      means: next.m,
      squares: next.v,
      sums: { size, change },
    };
  };
}
