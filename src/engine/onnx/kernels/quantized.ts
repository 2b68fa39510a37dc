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

/**
 * By ONNX Runtime's product with a constant matrix in blocks of 4 bits, in float32: as fast as one with a matrix in float32, or faster where
 * rows are few. It takes neighbors of a block from the two halves of a byte. Those are 16 apart here, so x is arranged likewise.
 */
function packedProduct(x: TensorInfo, { integers, scales }: Quantized): TensorInfo {
  const { graph } = backend;
  const [outputs, blocks] = scales.shape as [number, number];
  const inputs = blocks * BLOCK;
  const halves = graph.node('Reshape', [backend.value(x), graph.ints([-1, blocks, 2, BLOCK / 2])]);
  const inPairs = graph.node('Transpose', [halves], { perm: [0, 1, 3, 2] });
  const arranged = graph.node('Reshape', [inPairs, graph.ints([-1, inputs])]);
  const matrix = graph.packed(backend.value(integers), [outputs, blocks, BLOCK / 2]);
  const perBlock = graph.packed(backend.value(scales), [outputs * blocks]);
  const attributes = { K: inputs, N: outputs, bits: 4, block_size: BLOCK, accuracy_level: IN_FLOAT32 };
  const output = { shape: [x.shape[0]!, outputs], dtype: 'float32' as const };
  return backend.record('MatMulNBits', [arranged, matrix, perBlock], output, attributes, 'com.microsoft');
}

register<Quantized & { dy: TensorInfo }>('QuantizedMatMulGradient', ({ dy, integers, scales }) =>
  product(dy, dequantized({ integers, scales }, dy), { transposeA: false, transposeB: false }),
);

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
