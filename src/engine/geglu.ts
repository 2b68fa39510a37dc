import { mul, split, type Tensor } from '@tensorflow/tfjs-core';
import { gelu } from './gelu.ts';

/** gelu(gate) · up, with gate and up concatenated on the last axis, [..., 2n] → [..., n]. Source: Shazeer 2020, arXiv:2002.05202. */
export function geglu(gateUp: Tensor): Tensor {
  const [gate, up] = split(gateUp, 2, -1) as [Tensor, Tensor];
  return mul(gelu(gate), up);
}
