import { clone, type Tensor } from '@tensorflow/tfjs-core';
import { fusedOp } from './fused.ts';

const afterOp = fusedOp<Record<string, never>>({
  name: 'After',
  compose: ({ x }) => clone(x!),
  saves: [],
  gradient: (dy) => ({ x: () => dy }),
});

/**
 * x, in a graph only once `other` is there. What is computed of it is then computed a second time, instead of being kept from the first:
 * ONNX Runtime merges equal nodes, but the second ones have another input.
 */
export const after = <T extends Tensor>(x: T, other: Tensor): T => afterOp({ x, other }, {}) as T;
