import * as z from 'zod';
import { count, nonNegative, positive, share } from './config-values.ts';

/** The fields of a run config that say what the loss is: its clipping, its averages, and the terms beside the policy's. */
export const loss = {
  lossType: z
    .enum(['grpo', 'bnpo', 'dapo', 'dr_grpo', 'luspo', 'cispo', 'sapo', 'vespo', 'reinforce', 'ratio'])
    .default('dapo')
    .describe(
      'How the loss is clipped and averaged: grpo per completion, bnpo and dapo per token, dr_grpo by a constant, luspo per completion times its length (its paper sets importanceSamplingLevel to "sequence"), cispo clips importance weights instead, sapo uses a soft gate, vespo weighs completions by how far the policy has moved; reinforce and ratio do not clip and exist for comparison.',
    ),
  epsilon: nonNegative
    .default(0.2)
    .describe('Clip range of the probability ratio below 1 (and above 1 unless epsilonHigh is set).'),
  epsilonHigh: nonNegative
    .nullable()
    .default(null)
    .describe(
      'Clip range above 1; null: same as epsilon. DAPO recommends 0.28. For cispo this is the cap itself, for example 5.',
    ),
  delta: positive
    .nullable()
    .default(null)
    .describe('Upper bound on the ratio before it is multiplied by the advantage; null: none.'),
  importanceSamplingLevel: z
    .enum(['token', 'sequence'])
    .default('token')
    .describe('One probability ratio per token, or one per completion (GSPO).'),
  sapoTemperaturePos: positive.default(1).describe('Gate temperature of sapo for positive advantages.'),
  sapoTemperatureNeg: positive.default(1.05).describe('Gate temperature of sapo for zero and negative advantages.'),
  vespoKPos: nonNegative
    .default(2)
    .describe('Power k of vespo for advantages from 0 up: how little completions count that have become less likely.'),
  vespoLambdaPos: nonNegative
    .default(3)
    .describe('Decay λ of vespo for advantages from 0 up: how little completions count that have become more likely.'),
  vespoKNeg: nonNegative.default(3).describe('Power k of vespo for negative advantages.'),
  vespoLambdaNeg: nonNegative.default(2).describe('Decay λ of vespo for negative advantages.'),
  topEntropyQuantile: share
    .default(1)
    .describe(
      "Share of a micro-batch's tokens that the policy learns from: those at which it is least sure (highest entropy); 1: all. The paper recommends 0.2.",
    ),
  offPolicyMaskThreshold: positive
    .nullable()
    .default(null)
    .describe(
      'Leave a completion with a negative advantage out of the policy loss once its tokens have become less likely than when they were sampled by more than this, in nats and on average (DeepSeek-V3.2); null: none.',
    ),
  beta: nonNegative.default(0).describe('Weight of the KL divergence from the reference model; 0: no reference model.'),
  useBiasCorrectionKl: z
    .boolean()
    .default(true)
    .describe(
      'Multiply the KL term by the probability ratio, which makes its gradient that of the reverse KL (DeepSeek-V3.2; default in TRL). false: the plain k3 estimator of the GRPO paper.',
    ),
  syncRefModel: z
    .boolean()
    .default(false)
    .describe('Copy the trained model into the reference model every `refModelSyncSteps` steps.'),
  refModelMixupAlpha: share
    .default(1)
    .describe(
      'With `syncRefModel`: the new reference is this share of the trained model and the rest of the old reference (TR-DPO); 1: the trained model. TRL: 0.6.',
    ),
  refModelSyncSteps: count.default(512).describe('Steps between updates of the reference model.'),
  dpoCoef: nonNegative
    .default(0)
    .describe(
      "Weight of a preference term (DPO) on the best and the worst completion of each group whose rewards differ; requires `beta` above 0, for its reference. 0: none. Not in TRL's GRPO.",
    ),
  dpoBeta: positive
    .default(0.1)
    .describe('β of the preference term: the larger, the closer a pair is held to the reference.'),
  entropyCoef: z.number().default(0).describe('Weight of the entropy bonus, which keeps completions diverse.'),
  useAdaptiveEntropy: z
    .boolean()
    .default(false)
    .describe(
      'Change the weight of the entropy bonus from update to update, starting from `entropyCoef`: up while the entropy is not above `entropyTarget`, down otherwise; the bonus applies only while it is not above (Skywork-OR1).',
    ),
  entropyCoefMin: z.number().default(0).describe('With `useAdaptiveEntropy`: the lowest weight of the bonus.'),
  entropyCoefMax: z.number().default(1).describe('With `useAdaptiveEntropy`: the highest weight of the bonus.'),
  entropyCoefDelta: nonNegative
    .default(0.005)
    .describe('With `useAdaptiveEntropy`: how much the weight of the bonus changes in an update.'),
  entropyTarget: nonNegative
    .default(0.2)
    .describe(
      'With `useAdaptiveEntropy`: the entropy to keep, in nats per token. Set it close to what the `entropy` curve shows early in training.',
    ),
};
