import type { Tensor } from '@tensorflow/tfjs-core';

/** A loop's state: tensors by name, carried from one step to the next. */
export type LoopState = Record<string, Tensor>;

export interface LoopSpec<S extends LoopState, E extends LoopState> {
  /** int32 scalar: no more steps than this. */
  maxSteps: Tensor;
  /** The state before the first step. */
  state: S;
  /** State tensors that grow, and along which axis; the others keep their shape. */
  growing: Partial<Record<keyof S, number>>;
  /** One step; `step` (int32 scalar) counts from 0. The loop ends early when `proceed` (bool scalar) is false. */
  body(step: Tensor, state: S): { state: S; emit: E; proceed: Tensor };
}

export interface LoopResult<S, E> {
  state: S;
  /** What each step emitted, stacked: [steps, ...]. */
  emitted: E;
}
