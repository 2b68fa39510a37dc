import { type NdArray, scalar } from '../../engine/tree.ts';
import { appliedEntropyCoef, nextEntropyControl } from '../../grpo/entropy-control.ts';
import { learnedEntropy, type SumsAsNumbers } from '../../grpo/metrics.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import type { PolicyState } from './policy-state.ts';

/** The weight of the entropy bonus in the next update, where `useAdaptiveEntropy` changes it. */
export const entropyBonus = (
  { entropyControl }: Pick<PolicyState, 'entropyControl'>,
  config: RunConfig,
): { coef: NdArray } | undefined =>
  config.useAdaptiveEntropy ? { coef: scalar(appliedEntropyCoef(entropyControl, config)) } : undefined;

/** The policy after an update whose losses summed up to `sums`. */
export const withEntropyOf = (sums: SumsAsNumbers, state: PolicyState, config: RunConfig): PolicyState =>
  config.useAdaptiveEntropy
    ? { ...state, entropyControl: nextEntropyControl(state.entropyControl, learnedEntropy(sums), config) }
    : state;
