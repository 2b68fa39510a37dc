/**
 * AdamW and gradient clipping as TensorFlow.js programs, functional as in optax: tensors in, new tensors out, nothing hidden. So
 * they can be recorded into the same graph as the gradient. Equal to torch.optim.AdamW and torch.nn.utils.clip_grad_norm_.
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

/** The fields of a run config that AdamW needs; a `RunConfig` fits. */
export interface AdamWOptions {
  adamBeta1: number;
  adamBeta2: number;
  adamEpsilon: number;
  weightDecay: number;
}

/** What changes from update to update, fed as tensors so that the compiled graph stays the same. */
export type AdamWScalars = { learningRate: Scalar; biasCorrection1: Scalar; biasCorrection2: Scalar };

/** The numbers to feed for update `step`, counted from 1. */
export function adamWScalars(
  step: number,
  learningRate: number,
  { adamBeta1, adamBeta2 }: AdamWOptions,
): Record<keyof AdamWScalars, number> {
  return { learningRate, biasCorrection1: 1 - adamBeta1 ** step, biasCorrection2: 1 - adamBeta2 ** step };
}

/**
 * One update. All trees have the same names; `m` and `v` (means of the gradient and of its square) start at zero. Decay is decoupled
 * from the gradient and spares what `decaysWeight` says.
 */
export function adamW(
  params: Tensors,
  grads: Tensors,
  m: Tensors,
  v: Tensors,
  scalars: AdamWScalars,
  options: AdamWOptions,
): { params: Tensors; m: Tensors; v: Tensors } {
  const { adamBeta1, adamBeta2, adamEpsilon, weightDecay } = options;
  const next = { params: {} as Tensors, m: {} as Tensors, v: {} as Tensors };
  const stepSize = div(scalars.learningRate, scalars.biasCorrection1);
  const rootCorrection2 = sqrt(scalars.biasCorrection2);
  const kept = sub(1, mul(scalars.learningRate, weightDecay));
  for (const [name, param] of Object.entries(params)) {
    const grad = grads[name]!;
    const m1 = add(mul(m[name]!, adamBeta1), mul(grad, 1 - adamBeta1));
    const v1 = add(mul(v[name]!, adamBeta2), mul(square(grad), 1 - adamBeta2));
    const denominator = add(div(sqrt(v1), rootCorrection2), adamEpsilon);
    const decayed = weightDecay !== 0 && decaysWeight(name) ? mul(param, kept) : param;
    next.params[name] = sub(decayed, mul(div(m1, denominator), stepSize));
    next.m[name] = m1;
    next.v[name] = v1;
  }
  return next;
}

/**
 * The global L2 norm of all gradients (TRL's `grad_norm`), and the factor that scales them down together where it exceeds `maxNorm` (0:
 * never). `lossScale` is in the gradients, but not in the norm.
 */
export function globalNorm(grads: Tensors, maxNorm: number, lossScale?: Tensor): { norm: Scalar; factor: Scalar } {
  const length = sqrt(addSquares(scalar(0), grads)) as Scalar;
  const norm: Scalar = lossScale ? div(length, lossScale) : length;
  const factor: Scalar = maxNorm === 0 ? scalar(1) : minimum(div(maxNorm, add(norm, 1e-6)), 1);
  return { norm, factor };
}

/** `total` and the squares of all elements of these tensors. */
export function addSquares(total: Scalar, tensors: Tensors): Scalar {
  let running: Scalar = total;
  for (const tensor of Object.values(tensors)) running = add(running, sum(square(tensor)));
  return running;
}

/** Every gradient times the factor of `globalNorm`. */
export function scaleGradients(grads: Tensors, factor: Scalar): Tensors {
  return Object.fromEntries(Object.entries(grads).map(([name, grad]) => [name, mul(grad, factor)]));
}

/** Scales all gradients down together when their global norm exceeds `maxNorm`; `norm` is the one before. */
export function clipByGlobalNorm(grads: Tensors, maxNorm: number): { grads: Tensors; norm: Scalar } {
  const { norm, factor } = globalNorm(grads, maxNorm);
  return { grads: scaleGradients(grads, factor), norm };
}

/** `ln_1`, `ln_f` are GPT-2's layer norms, which transformers knows by their class. */
const WITHOUT_DECAY = /bias|layernorm|rmsnorm|(^|\.)norm(\.|$)|_norm(\.|$)|(^|\.)ln_[^.]+\./;

/**
 * Whether weight decay applies to a parameter (Hugging Face name): to matrices, embeddings included, not to biases and norms. The same
 * as `Trainer.get_decay_parameter_names` of transformers 5.23.
 */
export const decaysWeight = (name: string): boolean => !WITHOUT_DECAY.test(name.toLowerCase());
