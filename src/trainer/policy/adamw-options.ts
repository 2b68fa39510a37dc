import type { AdamWOptions } from '../../engine/optimizer.ts';
import { decaysWeight } from '../../model/weight-decay.ts';
import type { RunConfig } from '../../protocol/run-config.ts';

/** AdamW as a run config wants it. */
export const adamWOptions = (config: RunConfig): AdamWOptions => ({
  beta1: config.adamBeta1,
  beta2: config.adamBeta2,
  epsilon: config.adamEpsilon,
  weightDecay: config.weightDecay,
  decays: decaysWeight,
});
