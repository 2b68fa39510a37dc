import { add, concat, mul, softmax, split, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import { fusedOp } from './fused.ts';

const PARTS = ['a', 'b', 'c'];

const jointSoftmaxOp = fusedOp<Record<string, never>, Tensor[]>({
  name: 'JointSoftmax',
  compose(inputs) {
    const parts = Object.values(inputs);
    const lengths = parts.map(({ shape }) => shape.at(-1)!);
    return split(softmax(concat(parts, -1)), lengths, -1);
  },
  saves: [],
  savesOutputs: PARTS,
  // As for any softmax, w · (dy − Σ dy · w), with a sum over all parts.
  gradient(dys, saved) {
    const weights = dys.map((_, part) => saved[PARTS[part]!]!);
    const share = (dy: Tensor, part: number) => sum(mul(dy, weights[part]!), -1, true);
    const mean = dys.map(share).reduce((total, one) => add(total, one));
    return byPart(weights.map((weight, part) => () => mul(weight, sub(dys[part]!, mean))));
  },
});

const byPart = <T>(values: T[]): Record<string, T> =>
  Object.fromEntries(values.map((value, part) => [PARTS[part]!, value]));

/**
 * Softmax over the last axes of two or three tensors [..., n] as if they were concatenated; returns the part of each. Their n may be open
 * sizes.
 */
export const jointSoftmax = (parts: Tensor[]): Tensor[] => jointSoftmaxOp(byPart(parts), {});
