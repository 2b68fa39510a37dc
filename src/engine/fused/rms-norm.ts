import { add, mean, mul, rsqrt, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import { fusedOp } from './fused.ts';

const inverseRms = (x: Tensor, epsilon: number) => rsqrt(add(mean(square(x), -1, true), epsilon));

const rmsNormOp = fusedOp<{ epsilon: number }>({
  name: 'RmsNorm',
  compose: ({ x, weight }, { epsilon }) => mul(mul(x!, inverseRms(x!, epsilon)), weight!),
  saves: ['x', 'weight'],
  gradient(dy, { x, weight }, { epsilon }) {
    const scale = inverseRms(x!, epsilon);
    const normed = mul(x!, scale);
    return {
      x: () => {
        const scaled = mul(dy, weight!);
        return mul(scale, sub(scaled, mul(normed, mean(mul(scaled, normed), -1, true))));
      },
      weight: () => {
        const leading = x!.shape.slice(0, -1).map((_, axis) => axis);
        return sum(mul(dy, normed), leading);
      },
    };
  },
});

/** x / sqrt(mean(x²) + epsilon) · weight over the last axis. Source: Zhang & Sennrich 2019, arXiv:1910.07467. */
export const rmsNorm = (x: Tensor, weight: Tensor, epsilon: number): Tensor => rmsNormOp({ x, weight }, { epsilon });
