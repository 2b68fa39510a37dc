import { div, mul, square, sub, type Tensor, tanh } from '@tensorflow/tfjs-core';

/** cap · tanh(x / cap), which is near x as long as that is small beside the cap, and never beyond it; x itself without a cap. */
export const softCapped = <T extends Tensor>(x: T, cap: number | undefined): T =>
  cap === undefined ? x : (mul(tanh(div(x, cap)), cap) as T);

/** `dy` times how fast `capped` numbers grow with those that they were made of; `dy` itself without a cap. */
export const timesSlope = <T extends Tensor>(dy: T, capped: Tensor, cap: number | undefined): T =>
  cap === undefined ? dy : (mul(dy, sub(1, square(div(capped, cap)))) as T);
