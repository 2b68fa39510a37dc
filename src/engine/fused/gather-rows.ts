import { gather, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { fusedOp } from './fused.ts';

const gatherOp = fusedOp<Record<string, never>>({
  name: 'GatherRows',
  compose: ({ x, indices }) => gather(x!, indices as Tensor1D),
  saves: ['x', 'indices'],
  gradient: (dy, { x, indices }) => ({
    // Only the size of x is needed, which is not known while the program is traced.
    x: () => gatherGradientOp({ x: x!, indices: indices!, dy }, {}),
    indices: () => {
      throw new Error('indices have no gradient');
    },
  }),
});

const gatherGradientOp = fusedOp<Record<string, never>>({
  name: 'GatherRowsGradient',
  compose: () => {
    throw new Error('without a kernel of its own, GatherRows is differentiated as a gather');
  },
  saves: [],
  gradient: () => {
    throw new Error('there is no second derivative of a gather');
  },
});

/** Rows of x [n, ...] by int32 indices [m]; a row may be taken more than once, and n may be an open size. */
export const gatherRows = (x: Tensor, indices: Tensor1D): Tensor => gatherOp({ x, indices }, {});
