import type { TensorInfo } from '@tensorflow/tfjs-core';
import { BLOCK, isPacked } from '../../fused/quantized-matmul.ts';
import { backend, register } from '../backend.ts';
import { bytesOf } from '../graph.ts';
import { ONNX_TYPES, type Value } from '../values.ts';
import { product } from './linear-algebra.ts';
import { reshape } from './shape.ts';
import { zeroAfter } from './zero-after.ts';

/** MatMulNBits' level of accuracy that rounds nothing. */
const IN_FLOAT32 = 1;

type Quantized = { integers: TensorInfo; scales: TensorInfo };

register<Quantized & { x: TensorInfo }>('QuantizedMatMul', ({ x, integers, scales }) =>
  isPacked(integers, scales) && backend.graph.isFrozen(backend.value(integers))
    ? packedProduct(x, { integers, scales })
    : product(x, dequantized({ integers, scales }, x), { transposeA: false, transposeB: true }),
);

register<Quantized & { dy: TensorInfo }>('QuantizedMatMulGradient', ({ dy, integers, scales }) =>
  product(dy, dequantized({ integers, scales }, dy), { transposeA: false, transposeB: false }),
);

/**
 * By ONNX Runtime's product with a constant matrix in blocks of 4 bits, in float32: about as fast as one with a matrix in float32, and three
 * times as fast for a single row. It takes the two halves of a byte as neighbors. They are 16 numbers apart here, so x is arranged likewise.
 */
function packedProduct(x: TensorInfo, { integers, scales }: Quantized): TensorInfo {
  const { graph } = backend;
  const [outputs, blocks] = scales.shape as [number, number];
  const inputs = blocks * BLOCK;
  const inBlocks = graph.node('Reshape', [backend.value(x), graph.ints([-1, BLOCK])]);
  // A product with a permutation matrix copies numbers as they are, many times as fast as ONNX Runtime's Transpose or Gather.
  const arranged = graph.node('MatMul', [inBlocks, graph.constant('float32', [BLOCK, BLOCK], bytesOf(inPairs()))]);
  const rows = graph.node('Reshape', [arranged, graph.ints([-1, inputs])]);
  const matrix = graph.packed(backend.value(integers), [outputs, blocks, BLOCK / 2]);
  const perBlock = graph.packed(backend.value(scales), [outputs * blocks]);
  const attributes = { K: inputs, N: outputs, bits: 4, block_size: BLOCK, accuracy_level: IN_FLOAT32 };
  const output = { shape: [x.shape[0]!, outputs], dtype: 'float32' as const };
  return backend.record('MatMulNBits', [rows, matrix, perBlock], output, attributes, 'com.microsoft');
}

/** The permutation of a block, [BLOCK, BLOCK], that puts each number of the second half behind its like of the first. */
function inPairs(): Float32Array {
  const matrix = new Float32Array(BLOCK * BLOCK);
  for (let i = 0; i < BLOCK; i++) {
    const half = BLOCK / 2;
    matrix[i * BLOCK + (i < half ? 2 * i : 2 * (i - half) + 1)] = 1;
  }
  return matrix;
}

/**
 * The matrix in float32, for one product with `operand`. A cast and a product are faster than ONNX Runtime's DequantizeLinear, which computes
 * blocks along the last axis one number after another: 4 ms instead of 10 for [9728, 896] on two cores.
 */
function dequantized({ integers, scales }: Quantized, operand: TensorInfo): TensorInfo {
  const { graph } = backend;
  const [rows, blocks] = scales.shape as [number, number];
  const perByte = isPacked(integers, scales) ? 2 : 1;
  const shape = graph.node('Add', [graph.ints([rows, blocks, BLOCK / perByte]), zeroAfter(operand)]);
  const inBlocks = graph.node('Reshape', [backend.value(integers), shape]);
  const numbers = perByte === 2 ? unpacked(inBlocks) : graph.node('Cast', [inBlocks], { to: ONNX_TYPES.float32 });
  const perBlock = reshape(scales, [rows, blocks, 1]);
  const whole = { shape: [rows, blocks, BLOCK], dtype: 'float32' as const };
  return reshape(backend.record('Mul', [numbers, perBlock], whole), [rows, blocks * BLOCK]);
}

/** Low halves of the bytes of each block, then high ones, less 8. */
function unpacked(bytes: Value): Value {
  const { graph } = backend;
  const byte = (value: number) => graph.constant('uint8', [], Uint8Array.of(value));
  const low = graph.node('BitwiseAnd', [bytes, byte(15)]);
  const high = graph.node('BitShift', [bytes, byte(4)], { direction: 'RIGHT' });
  const numbers = graph.node('Cast', [graph.node('Concat', [low, high], { axis: 2 })], { to: ONNX_TYPES.float32 });
  return graph.node('Sub', [numbers, graph.constant('float32', [], bytesOf(Float32Array.of(8)))]);
}
