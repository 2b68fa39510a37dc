import { add, concat, mul, sigmoid, split, sub, type Tensor } from '@tensorflow/tfjs-core';
import { fusedOp } from './fused.ts';

const halves = (gateUp: Tensor): [gate: Tensor, up: Tensor] => split(gateUp, 2, -1) as [Tensor, Tensor];

const swigluOp = fusedOp<Record<string, never>>({
  name: 'SwiGlu',
  compose({ gateUp }) {
    const [gate, up] = halves(gateUp!);
    return mul(mul(gate, sigmoid(gate)), up);
  },
  // The rest is recomputed in the backward pass: it would be most of a layer's activations.
  saves: ['gateUp'],
  gradient: (dy, { gateUp }) => ({
    gateUp: () => {
      const [gate, up] = halves(gateUp!);
      const open = sigmoid(gate);
      const silu = mul(gate, open);
      const slope = add(open, mul(silu, sub(1, open)));
      return concat([mul(mul(dy, up), slope), mul(dy, silu)], -1);
    },
  }),
});

/** silu(gate) · up, with gate and up concatenated on the last axis, [..., 2n] → [..., n]. Source: Shazeer 2020, arXiv:2002.05202. */
export const swiglu = (gateUp: Tensor): Tensor => swigluOp({ gateUp }, {});
