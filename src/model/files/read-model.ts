import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ModelConfig } from '../config.ts';
import { Packing } from '../packing.ts';
import { parameterCount } from '../parameters.ts';
import { placeQuantized, quantizedNames } from '../quantized.ts';
import { sizeOf } from '../shape.ts';
import type { Weights } from '../weights-tree.ts';
import { readModelConfig } from './model-config.ts';
import { readQuantized } from './quantized-rows.ts';
import { readTable } from './stored-tables.ts';
import { checkWeights, readFinite } from './weights.ts';

/** Which weights are kept in less than float32. */
export type Kept = Pick<ModelConfig, 'quantization' | 'tablesAsStored'>;

/**
 * Reads a Hugging Face folder or a .gguf file. Others get their turn between tensors; `onProgress` gets the share that is read, at most
 * twenty times. Weights are quantized one by one, and never in memory together in float32; `tablesAsStored` never at all.
 */
export async function readModel(
  model: string,
  onProgress: (share: number) => void = () => {},
  { quantization, tablesAsStored }: Kept = {},
): Promise<{ config: ModelConfig; weights: Weights }> {
  const own = readModelConfig(model);
  const config = { ...own, ...(quantization && { quantization }), ...(tablesAsStored && { tablesAsStored }) };
  const packing = new Packing(config);
  const quantized = quantization && quantizedNames(config);
  const total = parameterCount(config);
  const weights: Weights = {};
  let read = 0;
  for (const [name, tensor] of checkWeights(model, config)) {
    const before = read;
    if (tablesAsStored?.has(name)) Object.assign(weights, readTable(tensor));
    else if (quantized?.has(name))
      readQuantized(tensor, quantization!, placeQuantized(packing, weights, name, quantization!));
    else readFinite(tensor, packing.placeIn(weights, name));
    read += sizeOf(tensor.shape);
    if (Math.floor((20 * read) / total) > Math.floor((20 * before) / total)) onProgress(read / total);
    await nextTurn();
  }
  return { config, weights };
}
