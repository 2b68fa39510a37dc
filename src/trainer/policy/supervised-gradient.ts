import {
  add,
  div,
  keep,
  mul,
  neg,
  type Scalar,
  sum,
  type Tensor,
  type Tensor2D,
  valueAndGrads,
} from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../../model/config.ts';
import { completionFigures } from '../../model/network/completion-logprobs.ts';
import type { GradientInputs, GradientOutputs } from './policy-update.ts';

/**
 * The gradient of a micro-batch's share of the cross-entropy of demonstrations, the mean of −log π(token) over all completion tokens of the update
 * (TRL's SFTTrainer with `completion_only_loss`), added to that of the others. Advantages are not read: each token counts alike.
 */
export function supervisedGradientProgram(model: ModelConfig) {
  return ({ params, frozen, sequences, mask, totals, accumulated, scaling }: GradientInputs): GradientOutputs => {
    const names = Object.keys(params);
    const counted = mask as Tensor2D;
    let [logProbs, entropies, loss] = [] as unknown as [Tensor, Tensor, Tensor];
    let sums!: Record<'tokens' | 'entropy' | 'hits', Tensor>;

    const lossOf = (...tensors: Tensor[]): Scalar => {
      const current = Object.fromEntries(tensors.map((tensor, index) => [names[index]!, tensor]));
      const asked = { entropies: 'observed', hits: true, gradients: true } as const;
      const figures = completionFigures({ ...frozen, ...current }, model, sequences, 1, asked);
      const share: Scalar = neg(div(sum(mul(figures.logProbs, counted)), totals.tokens));
      logProbs = keep(figures.logProbs);
      entropies = keep(figures.entropies!);
      loss = keep(share);
      sums = {
        tokens: keep(sum(counted)),
        entropy: keep(sum(mul(entropies, counted))),
        hits: keep(sum(mul(figures.hits!, counted))),
      };
      return scaling ? mul(share, scaling.loss) : share;
    };

    const { grads } = valueAndGrads(lossOf)(names.map((name) => params[name]!));
    const gradients = Object.fromEntries(names.map((name, index) => [name, add(accumulated[name]!, grads[index]!)]));
    return { gradients, logProbs, entropies, loss, sums };
  };
}
