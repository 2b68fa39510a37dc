import { add, mean, mul, rsqrt, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import { fusedOp } from './fused.ts';

/** x with mean 0 and variance 1 over the last axis, and what its distance from the mean was multiplied with for that. */
function normalized(x: Tensor, epsilon: number): { normed: Tensor; scale: Tensor } {
  const centered = sub(x, mean(x, -1, true));
  const scale = rsqrt(add(mean(square(centered), -1, true), epsilon));
  return { normed: mul(centered, scale), scale };
}

const layerNormOp = fusedOp<{ epsilon: number }>({
  name: 'LayerNorm',
  compose: ({ x, weight, bias }, { epsilon }) => add(mul(normalized(x!, epsilon).normed, weight!), bias!),
  saves: ['x', 'weight'],
  gradient(dy, { x, weight }, { epsilon }) {
    const { normed, scale } = normalized(x!, epsilon);
    const leading = x!.shape.slice(0, -1).map((_, axis) => axis);
    return {
      x: () => {
        // Neither along the mean nor along the distances from it does x change what comes out.
        const scaled = mul(dy, weight!);
        const alongMean = mean(scaled, -1, true);
        const alongNormed = mul(normed, mean(mul(scaled, normed), -1, true));
        return mul(scale, sub(sub(scaled, alongMean), alongNormed));
      },
      weight: () => sum(mul(dy, normed), leading),
      bias: () => sum(dy, leading),
    };
  },
});

/** (x − mean) / sqrt(variance + epsilon) · weight + bias over the last axis. Source: Ba et al. 2016, arXiv:1607.06450. */
export const layerNorm = (x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor =>
  layerNormOp({ x, weight, bias }, { epsilon });
