import {
  cast,
  concat,
  expandDims,
  floor,
  matMul,
  mul,
  reshape,
  sub,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { fusedOp } from './fused.ts';

/** So many numbers of a row share a scale. */
export const BLOCK = 32;

const withoutGradient = (): Tensor => {
  throw new Error('a quantized matrix is frozen: it has no gradient');
};
const withoutSecondDerivative = () => {
  throw new Error('there is no second derivative of a quantized product');
};

const productOp = fusedOp<Record<string, never>>({
  name: 'QuantizedMatMul',
  compose: ({ x, integers, scales }) => matMul(x as Tensor2D, dequantize(integers!, scales!), false, true),
  // Not the matrix in float32, which would live from the forward pass to the backward pass, in every layer.
  saves: ['integers', 'scales'],
  gradient: (dy, { integers, scales }) => ({
    x: () => gradientOp({ dy, integers: integers!, scales: scales! }, {}),
    integers: withoutGradient,
    scales: withoutGradient,
  }),
});

const gradientOp = fusedOp<Record<string, never>>({
  name: 'QuantizedMatMulGradient',
  compose: ({ dy, integers, scales }) => matMul(dy as Tensor2D, dequantize(integers!, scales!)),
  saves: [],
  gradient: withoutSecondDerivative,
});

/** Whether two numbers share a byte. */
export const isPacked = (integers: { shape: number[] }, scales: { shape: number[] }): boolean =>
  integers.shape[1]! * 2 === scales.shape[1]! * BLOCK;

function dequantize(integers: Tensor, scales: Tensor): Tensor2D {
  const [rows, blocks] = scales.shape as [number, number];
  const inBlocks = reshape(cast(integers, 'float32'), [rows, blocks, -1]);
  const numbers = isPacked(integers, scales) ? sub(unpack(inBlocks), 8) : inBlocks;
  return reshape(mul(numbers, expandDims(scales, 2)), [rows, blocks * BLOCK]);
}

/** Low halves of the bytes of each block, then high ones: [rows, blocks, 16] → [rows, blocks, 32]. */
function unpack(bytes: Tensor): Tensor {
  const high = floor(mul(bytes, 1 / 16));
  return concat([sub(bytes, mul(high, 16)), high], 2);
}

/**
 * x · Wᵀ for x [n, in] and a frozen matrix W [out, in] whose rows are blocks of 32 integers with a scale each, `scales` [out, in / 32]. Integers
 * of 8 bits are signed, [out, in]; those of 4 bits two in a byte and 8 too large, [out, in / 2]: low halves are the first 16 of a block.
 */
export const quantizedMatMul = (x: Tensor2D, integers: Tensor, scales: Tensor): Tensor2D =>
  productOp({ x, integers, scales }, {}) as Tensor2D;
