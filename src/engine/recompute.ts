import { customGrad, engine, type GradSaveFunc, type Tensor } from '@tensorflow/tfjs-core';
import { after } from './fused/after.ts';

/**
 * f(x, weights) of which nothing but x is kept for the gradient: the rest is computed a second time once the gradient of the result is there
 * (gradient checkpointing, arXiv:1604.06174). `weights` are those that gradients are taken of.
 */
export function recomputed<T extends Tensor>(
  f: (x: T, weights: Record<string, Tensor>) => T,
  x: T,
  weights: Record<string, Tensor>,
): T {
  const names = Object.keys(weights);
  const named = (tensors: readonly Tensor[]) => Object.fromEntries(names.map((name, index) => [name, tensors[index]!]));
  const forward = (input: Tensor, own: readonly Tensor[]) => f(input as T, named(own));
  const operation = customGrad((...args) => {
    const save = args.at(-1) as GradSaveFunc;
    const [input, ...own] = args.slice(0, -1) as Tensor[];
    save([input!, ...own]);
    return {
      value: forward(input!, own),
      gradFunc: (dy: Tensor, [input, ...own]: Tensor[]) => gradientsOf(forward, after(input!, dy), own, dy),
    };
  });
  return operation(x, ...Object.values(weights)) as T;
}

/** By x and each of the weights. */
function gradientsOf(
  f: (x: Tensor, weights: readonly Tensor[]) => Tensor,
  x: Tensor,
  weights: readonly Tensor[],
  dy: Tensor,
): Tensor[] {
  const { state } = engine();
  // This happens while gradients are taken of what is around it, whose tape TensorFlow.js would forget.
  const tape = state.activeTape;
  try {
    const [byX, ...byWeights] = engine().gradients(() => f(x, weights), [x, ...weights], dy).grads;
    // What is before waits for these: ONNX Runtime would else take them last, and keep for them what all layers have computed again.
    return [byWeights.reduce(after, byX!), ...byWeights];
  } finally {
    state.activeTape = tape;
  }
}
