import { add, mul, pow, type Tensor, tanh } from '@tensorflow/tfjs-core';

/** x · Φ(x), with the normal distribution's Φ approximated by tanh. Source: Hendrycks & Gimpel 2016, arXiv:1606.08415. */
export function gelu(x: Tensor): Tensor {
  const inner = mul(add(x, mul(pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(mul(x, 0.5), add(tanh(inner), 1));
}
