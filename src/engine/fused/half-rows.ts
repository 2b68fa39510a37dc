import { gather, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { fusedOp } from './fused.ts';

const op = fusedOp<Record<string, never>>({
  name: 'HalfRows',
  compose: ({ bits, values, indices }) => gather(values!, gather(bits as Tensor2D, indices as Tensor1D)),
  saves: [],
  gradient: () => {
    throw new Error('a table of bit patterns is frozen: it has no gradient');
  },
});

/**
 * Rows of a frozen table [n, width] by int32 indices [m], in float32: [m, width]. `bits` has the table's numbers as patterns of 16 bits, and
 * `values` [65536] what each of those patterns stands for, so that nothing is rounded.
 */
export const halfRows = (bits: Tensor, values: Tensor, indices: Tensor1D): Tensor2D =>
  op({ bits, values, indices }, {}) as Tensor2D;
