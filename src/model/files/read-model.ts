import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ModelConfig } from '../config.ts';
import { Packing } from '../packing.ts';
import { parameterCount } from '../parameters.ts';
import type { Weights } from '../weights-tree.ts';
import { readModelConfig } from './model-config.ts';
import { loadWeights } from './weights.ts';

/**
 * Reads a Hugging Face folder or a .gguf file. Others get their turn between tensors; `onProgress` gets the share that is read, at most
 * twenty times.
 */
export async function readModel(
  model: string,
  onProgress: (share: number) => void = () => {},
): Promise<{ config: ModelConfig; weights: Weights }> {
  const config = readModelConfig(model);
  const packing = new Packing(config);
  const total = parameterCount(config);
  const weights: Weights = {};
  let read = 0;
  for (const [, { data }] of loadWeights(model, config, (name) => packing.placeIn(weights, name))) {
    const before = read;
    read += data.length;
    if (Math.floor((20 * read) / total) > Math.floor((20 * before) / total)) onProgress(read / total);
    await nextTurn();
  }
  return { config, weights };
}
