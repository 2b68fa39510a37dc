import {
  add,
  concat,
  expandDims,
  gather,
  mul,
  neg,
  split,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { fusedOp } from './fused.ts';

/** cos and sin of every position's angles: float32 [positions, width / 2], where `width` features of each head are rotated. */
export type RotaryTables = { cos: Tensor2D; sin: Tensor2D };

const rotateOp: ReturnType<typeof fusedOp<Record<string, never>>> = fusedOp<Record<string, never>>({
  name: 'Rotary',
  compose({ x, positions, cos, sin }) {
    // [tokens, 1, width / 2]
    const [c, s] = [cos, sin].map((table) => expandDims(gather(table!, positions as Tensor1D), 1)) as [Tensor, Tensor];
    const half = cos!.shape[1]!;
    const rest = x!.shape[2]! - 2 * half;
    const [a, b, kept] = split(x!, rest === 0 ? [half, half] : [half, half, rest], -1) as [Tensor, Tensor, Tensor?];
    return concat([sub(mul(a, c), mul(b, s)), add(mul(b, c), mul(a, s)), ...(kept ? [kept] : [])], -1);
  },
  saves: ['positions', 'cos', 'sin'],
  gradient: (dy, { positions, cos, sin }) => ({
    // The gradient is rotated by the opposite angle.
    x: (): Tensor => rotateOp({ x: dy, positions: positions!, cos: cos!, sin: neg(sin!) }, {}),
    ...notLearned('positions', 'cos', 'sin'),
  }),
});

function notLearned(...names: string[]): Record<string, () => Tensor> {
  const refuse = () => {
    throw new Error('positions and rotary tables have no gradient');
  };
  return Object.fromEntries(names.map((name) => [name, refuse]));
}

/**
 * Rotates x [tokens, heads, headDim] to int32 positions [tokens]; as in Hugging Face models, feature i pairs with feature i + width / 2,
 * and features from `width` on stay as they are.
 *
 * Source: Su et al. 2021, arXiv:2104.09864.
 */
export const rotate = (x: Tensor, positions: Tensor1D, { cos, sin }: RotaryTables): Tensor =>
  rotateOp({ x, positions, cos, sin }, {});
