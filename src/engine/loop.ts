import { getBackend, scalar, stack, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { LoopResult, LoopSpec, LoopState } from './loop-spec.ts';
import { BACKEND_NAME } from './onnx/backend.ts';
import { recordLoop } from './onnx/loop.ts';

/**
 * Repeats `body`, carrying state: the one engine primitive that generation needs. The recording backend writes an ONNX `Loop`, so that
 * a whole generation is one run of one graph; elsewhere it is a plain loop. No gradient passes through.
 */
export function loop<S extends LoopState, E extends LoopState>(spec: LoopSpec<S, E>): LoopResult<S, E> {
  return getBackend() === BACKEND_NAME ? recordLoop(spec) : runLoop(spec);
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
    // At once: caches of every step would be alive together.
    const carried = new Set<Tensor>(Object.values(result.state));
    for (const tensor of Object.values(state)) if (!kept.has(tensor) && !carried.has(tensor)) tensor.dispose();
    state = result.state;
    if (!result.proceed.dataSync()[0]) break;
  }
  const names = Object.keys(emitted[0] ?? {}) as (keyof E)[];
  const stacked = names.map((name) => [name, stack(emitted.map((step) => step[name] as Tensor))]);
  return { state, emitted: Object.fromEntries(stacked) as E };
}
