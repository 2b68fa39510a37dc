import { getBackend, scalar, stack, type Tensor, tidy } from '@tensorflow/tfjs-core';

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

/** How a backend of its own kind repeats a loop's body. */
type LoopRunner = <S extends LoopState, E extends LoopState>(spec: LoopSpec<S, E>) => LoopResult<S, E>;

const runners = new Map<string, LoopRunner>();

/** Gives a backend its own way to run loops, as `registerKernel` gives it kernels. */
export function registerLoop(backendName: string, runner: LoopRunner): void {
  runners.set(backendName, runner);
}

/**
 * Repeats `body`, carrying state. A backend that records graphs registers a loop operator, so that many steps are one run of one graph;
 * elsewhere it is a plain loop. Not differentiable.
 */
export function loop<S extends LoopState, E extends LoopState>(spec: LoopSpec<S, E>): LoopResult<S, E> {
  return (runners.get(getBackend()) ?? runLoop)(spec);
}

function runLoop<S extends LoopState, E extends LoopState>(spec: LoopSpec<S, E>): LoopResult<S, E> {
  const emitted: E[] = [];
  let { state } = spec;
  // Not ours to free: the caller's tensors, and what is stacked in the end.
  const kept = new Set<Tensor>(Object.values(state));
  const maxSteps = spec.maxSteps.dataSync()[0]!;
  for (let step = 0; step < maxSteps; step++) {
    const result = tidy(() => spec.body(scalar(step, 'int32'), state));
    emitted.push(result.emit);
    for (const tensor of Object.values(result.emit)) kept.add(tensor);
    // Right away: otherwise the state of every step would be alive at the same time.
    const carried = new Set<Tensor>(Object.values(result.state));
    for (const tensor of Object.values(state)) if (!kept.has(tensor) && !carried.has(tensor)) tensor.dispose();
    state = result.state;
    if (!result.proceed.dataSync()[0]) break;
  }
  const names = Object.keys(emitted[0] ?? {}) as (keyof E)[];
  const stacked = names.map((name) => [name, stack(emitted.map((step) => step[name] as Tensor))]);
  return { state, emitted: Object.fromEntries(stacked) as E };
}
