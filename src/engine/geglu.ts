import { add, mul, pow, split, type Tensor, tanh } from '@tensorflow/tfjs-core';

/** gelu, approximated with tanh. Source: Hendrycks & Gimpel 2016, arXiv:1606.08415. */
export function gelu(x: Tensor): Tensor {
  const inner = mul(add(x, mul(pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(mul(x, 0.5), add(tanh(inner), 1));
}

/** gelu(gate) · up, with gate and up concatenated on the last axis, [..., 2n] → [..., n]. Source: Shazeer 2020, arXiv:2002.05202. */
export function geglu(gateUp: Tensor): Tensor {
  const [gate, up] = split(gateUp, 2, -1) as [Tensor, Tensor];
  return mul(gelu(gate), up);
}
