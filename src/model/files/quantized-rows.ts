/** Rows of a matrix in 8 or 4 bits: from float32, or as llama.cpp's files have them already. */
import { BadInput } from '../../protocol/errors.ts';
import type { Quantization } from '../../protocol/quantization.ts';
import type { QuantizedRows } from '../quantized.ts';
import { BLOCK_FORMATS } from './dequantize.ts';
import { finite } from './finite.ts';
import { float16Values } from './float16.ts';
import { largestOf, STORED_FORMATS } from './quantize.ts';
import type { StoredBlocks, StoredTensor } from './stored-tensor.ts';

/** llama.cpp's names of the same blocks. */
export const BLOCKS = { int8: 'Q8_0', int4: 'Q4_0' } as const satisfies Record<Quantization, string>;

/** Numbers in a block, in all of these formats. */
const BLOCK = STORED_FORMATS.Q8_0.values;
/** How many numbers are read at a time: their blocks are small beside the tensor. */
const AT_ONCE = BLOCK * 2048;

/** Quantizes a tensor; one that is stored in blocks that fit is taken as it is. */
export function readQuantized(tensor: StoredTensor, quantization: Quantization, into: QuantizedRows): void {
  const { stored } = tensor;
  if (stored && fits(stored, quantization)) {
    takeBlocks(stored.read(), stored.type, quantization, into, 0);
    finite(into.scales, tensor);
    return;
  }
  const type = BLOCKS[quantization];
  inBlocks(tensor, finite(tensor.read(), tensor), quantization, (bytes, start) =>
    takeBlocks(bytes, type, quantization, into, start),
  );
}

/** What is stored in 4 bits fits into 8, with the same scales. */
const fits = ({ type }: StoredBlocks, quantization: Quantization): boolean =>
  type === BLOCKS[quantization] || quantization === 'int8';

/** A tensor's values as they are once it is quantized. */
export function readRounded(tensor: StoredTensor, quantization: Quantization, into?: Float32Array): Float32Array {
  const values = finite(tensor.read(into), tensor);
  if (tensor.stored && fits(tensor.stored, quantization)) return values;
  const { dequantize } = BLOCK_FORMATS[BLOCKS[quantization]];
  inBlocks(tensor, values, quantization, (bytes, start) => {
    const count = (bytes.length / STORED_FORMATS[BLOCKS[quantization]].bytes) * BLOCK;
    dequantize(bytes, values.subarray(start, start + count));
  });
  return values;
}

/** Sums of squares over a tensor: of its values, and of what rounding changes them by. */
export function roundingSquares(tensor: StoredTensor, quantization: Quantization): { size: number; error: number } {
  const [own, rounded] = [tensor.read(), readRounded(tensor, quantization)];
  let [size, error] = [0, 0];
  for (let i = 0; i < own.length; i++) {
    size += own[i]! ** 2;
    error += (rounded[i]! - own[i]!) ** 2;
  }
  return { size, error };
}

function inBlocks(
  { name, file }: StoredTensor,
  values: Float32Array,
  quantization: Quantization,
  take: (bytes: Uint8Array, start: number) => void,
): void {
  const type = BLOCKS[quantization];
  const { bytes: perBlock, quantize } = STORED_FORMATS[type];
  for (let start = 0; start < values.length; start += AT_ONCE) {
    const some = values.subarray(start, start + AT_ONCE);
    const bytes = new Uint8Array((some.length / BLOCK) * perBlock);
    if (!quantize(some, bytes)) {
      const most = largestOf(type).toPrecision(3);
      const message = `tensor "${name}" has a number beyond ±${most}, the largest in ${quantization}; set "quantization" to null`;
      throw new BadInput(message, { file });
    }
    take(bytes, start);
  }
}

/** Takes blocks apart, into the numbers from `start` on: a float16 scale each, then the integers. */
function takeBlocks(
  bytes: Uint8Array,
  type: 'Q8_0' | 'Q4_0',
  quantization: Quantization,
  { integers, scales }: QuantizedRows,
  start: number,
): void {
  const halves = float16Values();
  const size = BLOCK_FORMATS[type].bytes;
  for (let at = 0, block = start / BLOCK; at < bytes.length; at += size, block++) {
    scales[block] = halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const own = bytes.subarray(at + 2, at + size);
    if (type === 'Q4_0' && quantization === 'int8') {
      for (let i = 0; i < BLOCK / 2; i++) {
        integers[block * BLOCK + i] = (own[i]! & 15) - 8;
        integers[block * BLOCK + BLOCK / 2 + i] = (own[i]! >>> 4) - 8;
      }
    } else integers.set(own, block * own.length);
  }
}
