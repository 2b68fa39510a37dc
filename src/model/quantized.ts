import { BLOCK } from '../engine/fused/quantized-matmul.ts';
import { floats, type NdArray } from '../engine/tree.ts';
import type { Quantization } from '../protocol/quantization.ts';
import type { ModelConfig } from './config.ts';
import { type Packing, productsOf } from './packing.ts';
import type { Weights } from './weights-tree.ts';

/**
 * A base in 8 or 4 bits: of which weights, and where they are. In place of NAME.weight there are NAME.integers, a byte for each number or for
 * two of them, and NAME.scales, [outputs, inputs / 32].
 */

/** The weights that are quantized, by their Hugging Face names: those of layers whose rows are made of whole blocks. */
export function quantizedNames(config: ModelConfig): Set<string> {
  const modules = [...productsOf(config).values()].flat();
  return new Set(modules.filter(({ inputs }) => inputs % BLOCK === 0).map(({ name }) => `${name}.weight`));
}

/** Where a tensor's rows are in quantized weights. */
export interface QuantizedRows {
  /** Signed, or of 4 bits two in a byte: in each block of 16 bytes the first half of the numbers, plus 8, in the low halves. */
  integers: Int8Array | Uint8Array;
  scales: Float32Array;
}

/** Like `Packing.placeIn`, for a tensor that is quantized. */
export function placeQuantized(
  packing: Packing,
  weights: Weights,
  name: string,
  quantization: Quantization,
): QuantizedRows {
  const { into, start, shape, rows } = packing.rowsOf(name);
  const product = into.replace(/\.weight$/, '');
  const [own, inputs] = shape as [number, number];
  const width = quantization === 'int8' ? inputs : inputs / 2;
  const blocks = inputs / BLOCK;
  weights[`${product}.integers`] ??= integersOf(quantization, [rows, width]);
  weights[`${product}.scales`] ??= { ...floats(new Float32Array(rows * blocks), [rows, blocks]), frozen: true };
  const part = (kind: string, columns: number) =>
    weights[`${product}.${kind}`]!.data.subarray(start * columns, (start + own) * columns);
  return {
    integers: part('integers', width) as Int8Array | Uint8Array,
    scales: part('scales', blocks) as Float32Array,
  };
}

const integersOf = (quantization: Quantization, shape: [number, number]): NdArray => {
  const size = shape[0] * shape[1];
  return quantization === 'int8'
    ? { dtype: 'int8', shape, data: new Int8Array(size), frozen: true }
    : { dtype: 'uint8', shape, data: new Uint8Array(size), frozen: true };
};

/**
 * Whether products of sampling and scoring are those of a packed copy of the weights, which every graph has for itself. Of 8 bits there are none
 * as exact and fast. A gradient needs the weights as they are in any case, one matrix at a time, and has many rows for each: there the copy would only take memory.
 */
export const packsWeights = ({ quantization }: Pick<ModelConfig, 'quantization'>): boolean => quantization === 'int4';

/** Bytes of a packed copy. */
export function packedBytes(config: ModelConfig): number {
  if (!packsWeights(config)) return 0;
  const modules = [...productsOf(config).values()].flat().filter(({ inputs }) => inputs % BLOCK === 0);
  return modules.reduce((sum, { inputs, outputs }) => sum + outputs * (inputs / 2 + (4 * inputs) / BLOCK), 0);
}
