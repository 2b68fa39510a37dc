import { clone, customGrad, type Tensor, zerosLike } from '@tensorflow/tfjs-core';

const identityWithoutGradient = customGrad((x) => ({
  value: clone(x as Tensor),
  gradFunc: (dy: Tensor) => zerosLike(dy),
}));

/** The value of `x` as a constant: no gradient flows through it ("sg" in papers, `detach` in PyTorch). */
export const stopGradient = <T extends Tensor>(x: T): T => identityWithoutGradient(x) as T;

/** What `compute` makes of `inputs`, as a constant. It may compare, which has no gradient in tfjs. */
export function withoutGradient<T extends Tensor>(compute: (...inputs: Tensor[]) => T, ...inputs: Tensor[]): T {
  const constant = customGrad(() => ({ value: compute(...inputs), gradFunc: () => inputs.map((x) => zerosLike(x)) }));
  return constant(...inputs) as T;
}
