import { add, mul, oneHot, sum, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { fusedOp } from './fused.ts';

const noGradient = (): never => {
  throw new Error('one column per row has no gradient');
};

const oneHotLike = (x: Tensor, columns: Tensor): Tensor => oneHot(columns as Tensor1D, x.shape[1]!, 1, 0, 'float32');

const pickOp = fusedOp<Record<string, never>>({
  name: 'PickColumn',
  compose: ({ x, columns }) => sum(mul(x!, oneHotLike(x!, columns!)), 1, true),
  saves: [],
  gradient: noGradient,
});

const addOp = fusedOp<Record<string, never>>({
  name: 'AddToColumn',
  compose: ({ x, columns, values }) => add(x!, mul(oneHotLike(x!, columns!), values!)),
  saves: [],
  gradient: noGradient,
});

/** x[n, columns[n]]: one number of each row. x [N, M], columns int32 [N] → [N, 1]. */
export const pickColumn = (x: Tensor2D, columns: Tensor1D): Tensor2D => pickOp({ x, columns }, {}) as Tensor2D;

/** x with values[n] added at [n, columns[n]]; values [N, 1]. */
export const addToColumn = (x: Tensor2D, columns: Tensor1D, values: Tensor2D): Tensor2D =>
  addOp({ x, columns, values }, {}) as Tensor2D;
