import { add, concat, mul, softmax, split, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import { fusedOp } from './fused.ts';

const jointSoftmaxOp = fusedOp<Record<string, never>, Tensor[]>({
  name: 'JointSoftmax',
  compose: ({ a, b }) => split(softmax(concat([a!, b!], -1)), [a!.shape.at(-1)!, b!.shape.at(-1)!], -1),
  saves: [],
  savesOutputs: ['ofA', 'ofB'],
  // As for any softmax, w · (dy − Σ dy · w), with a sum over both parts.
  gradient([dyA, dyB], { ofA, ofB }) {
    const share = (dy: Tensor, weights: Tensor) => sum(mul(dy, weights), -1, true);
    const mean = add(share(dyA!, ofA!), share(dyB!, ofB!));
    return { a: () => mul(ofA!, sub(dyA!, mean)), b: () => mul(ofB!, sub(dyB!, mean)) };
  },
});

/** Softmax over the last axes of a [..., m] and b [..., n] as if they were one of m + n; gives the part of each. m and n may be open sizes. */
export const jointSoftmax = (a: Tensor, b: Tensor): [ofA: Tensor, ofB: Tensor] =>
  jointSoftmaxOp({ a, b }, {}) as [Tensor, Tensor];
