import { zerosLike } from '../../engine/zeros.ts';
import type { EntropyControl } from '../../grpo/entropy-control.ts';
import type { Weights } from '../../model/weights-tree.ts';
import type { LossScale } from './loss-scale.ts';

/** All that an update changes; a checkpoint keeps it. With LoRA it is about the adapter alone. It is on the engine's device. */
export interface PolicyState {
  /** What is trained. */
  weights: Weights;
  /** AdamW's running means of gradients and of squared gradients. */
  means: Weights;
  squares: Weights;
  /** Optimizer updates so far. */
  updates: number;
  /** The reference policy, once it is no longer the start model. */
  syncedReference: Weights | undefined;
  /** With `useAdaptiveEntropy`, after the first update. */
  entropyControl?: EntropyControl;
  /** Once gradients were taken in float16. */
  lossScale?: LossScale;
}

/** The same policy with its weights and moments on the host, or on a device. */
export async function movePolicy(
  { weights, means, squares, syncedReference, ...numbers }: PolicyState,
  move: (weights: Weights) => Promise<Weights>,
): Promise<PolicyState> {
  return {
    weights: await move(weights),
    means: await move(means),
    squares: await move(squares),
    ...numbers,
    syncedReference: syncedReference && (await move(syncedReference)),
  };
}

/** Before the first update. */
export function freshState(start: Weights): PolicyState {
  return {
    weights: start,
    means: zerosLike(start),
    squares: zerosLike(start),
    updates: 0,
    syncedReference: undefined,
  };
}

/** All trees of arrays of a policy. */
export const weightsOf = ({ weights, means, squares, syncedReference }: PolicyState): Weights[] => [
  weights,
  means,
  squares,
  ...(syncedReference ? [syncedReference] : []),
];
