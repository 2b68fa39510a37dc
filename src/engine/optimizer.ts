/**
 * AdamW and gradient clipping as TensorFlow.js programs, functional as in optax: tensors in, new tensors out, no hidden state, so
 * that they can be recorded into the same graph as the gradient. Equal to torch.optim.AdamW and torch.nn.utils.clip_grad_norm_.
 */
import {
  add,
  div,
  minimum,
  mul,
  type Scalar,
  scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';

/** Tensors by parameter name. */
export type Tensors = Record<string, Tensor>;

export interface AdamWOptions {
  /** Decay rates of the running means of gradients and of squared gradients, in [0, 1). */
  beta1: number;
  beta2: number;
  /** Added to the denominator. */
  epsilon: number;
  /** Decoupled weight decay, in units of the learning rate. */
  weightDecay: number;
  /** Whether weight decay applies to the parameter of this name. */
  decays(name: string): boolean;
}

/** float32 scalars that change from update to update: inputs, so that the compiled graph does not depend on them. */
export type AdamWScalars = { learningRate: Scalar; biasCorrection1: Scalar; biasCorrection2: Scalar };

/** Their values for update `step`, counted from 1. */
export function adamWScalars(
  step: number,
  learningRate: number,
  { beta1, beta2 }: Pick<AdamWOptions, 'beta1' | 'beta2'>,
): Record<keyof AdamWScalars, number> {
  return { learningRate, biasCorrection1: 1 - beta1 ** step, biasCorrection2: 1 - beta2 ** step };
}

/** One update. All trees have the same names; `m` and `v` (running means of the gradient and of its square) start at zero. */
export function adamW(
  params: Tensors,
  grads: Tensors,
  m: Tensors,
  v: Tensors,
  scalars: AdamWScalars,
  options: AdamWOptions,
): { params: Tensors; m: Tensors; v: Tensors } {
  const { beta1, beta2, epsilon, weightDecay } = options;
  const next = { params: {} as Tensors, m: {} as Tensors, v: {} as Tensors };
  const stepSize = div(scalars.learningRate, scalars.biasCorrection1);
  const rootCorrection2 = sqrt(scalars.biasCorrection2);
  const kept = sub(1, mul(scalars.learningRate, weightDecay));
  for (const [name, param] of Object.entries(params)) {
    const grad = grads[name]!;
    const m1 = add(mul(m[name]!, beta1), mul(grad, 1 - beta1));
    const v1 = add(mul(v[name]!, beta2), mul(square(grad), 1 - beta2));
    const denominator = add(div(sqrt(v1), rootCorrection2), epsilon);
    const decayed = weightDecay !== 0 && options.decays(name) ? mul(param, kept) : param;
    next.params[name] = sub(decayed, mul(div(m1, denominator), stepSize));
    next.m[name] = m1;
    next.v[name] = v1;
  }
  return next;
}

/**
 * The global L2 norm of all gradients, and the factor that scales it down to `maxNorm` where it is larger (0: never). Gradients of a loss
 * that was multiplied by `lossScale` keep that factor; the norm is without it.
 */
export function globalNorm(grads: Tensors, maxNorm: number, lossScale?: Tensor): { norm: Scalar; factor: Scalar } {
  const length = sqrt(addSquares(scalar(0), grads)) as Scalar;
  const norm: Scalar = lossScale ? div(length, lossScale) : length;
  const factor: Scalar = maxNorm === 0 ? scalar(1) : minimum(div(maxNorm, add(norm, 1e-6)), 1);
  return { norm, factor };
}

/** `total` plus the sum of squares of all elements of these tensors. */
export function addSquares(total: Scalar, tensors: Tensors): Scalar {
  let running: Scalar = total;
  for (const tensor of Object.values(tensors)) running = add(running, sum(square(tensor)));
  return running;
}

/** Every gradient times the factor of `globalNorm`. */
export function scaleGradients(grads: Tensors, factor: Scalar): Tensors {
  return Object.fromEntries(Object.entries(grads).map(([name, grad]) => [name, mul(grad, factor)]));
}

/** Scales all gradients down together when their global norm exceeds `maxNorm` (0: never); `norm` is the one before clipping. */
export function clipByGlobalNorm(grads: Tensors, maxNorm: number): { grads: Tensors; norm: Scalar } {
  const { norm, factor } = globalNorm(grads, maxNorm);
  return { grads: scaleGradients(grads, factor), norm };
}
