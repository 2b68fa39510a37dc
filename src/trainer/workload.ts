import { BLOCK } from '../engine/fused/quantized-matmul.ts';
import type { ModelConfig } from '../model/config.ts';
import { projectionTest } from '../model/network/half-weights.ts';
import { parameterCount, parameterShapes, trainedShapes } from '../model/parameters.ts';
import { quantizedNames } from '../model/quantized.ts';
import { sizeOf } from '../model/shape.ts';
import type { Quantization } from '../protocol/quantization.ts';
import type { Workload } from './open-engine.ts';

/** Of each number that is trained: its gradient, and AdamW's two moments. */
const BESIDE_IT = 3;

/** Of each number that is quantized, its own bits and its share of a float32 scale, in float32 numbers. */
const QUANTIZED: Readonly<Record<Quantization, number>> = { int8: 1 / 4 + 1 / BLOCK, int4: 1 / 8 + 1 / BLOCK };

interface Use {
  trains: boolean;
  half: boolean;
}

/** What training a model, or running it alone, needs of a GPU, and in `bytes` of the CPU's memory. Activations and caches come on top: they are cut to what fits. */
export function workloadOf(model: ModelConfig, use: Use): Workload & { bytes: number } {
  const { tablesAsStored: _, ...onGpu } = model;
  return {
    ...{ parameters: parameterCount(model), half: use.half },
    ...{ bytes: bytesOf(model, use), gpuBytes: bytesOf(onGpu, use) },
    cpuOnly: model.quantization && `a model in ${model.quantization} is computed there alone`,
  };
}

function bytesOf(model: ModelConfig, { trains, half }: Use): number {
  const trained = trainedShapes(model);
  const isProjection = projectionTest(model);
  const quantized = model.quantization && quantizedNames(model);
  const numbers = [...parameterShapes(model)].map(([name, shape]) => {
    const computesHalf = half && isProjection(name);
    const isHalf = computesHalf || model.tablesAsStored?.has(name);
    const computedWith = quantized?.has(name) ? QUANTIZED[model.quantization!] : isHalf ? 0.5 : 1;
    if (!trains || !trained.has(name)) return computedWith * sizeOf(shape);
    // Beside the weights that are updated: their copy in float16, or in float32 those of the start or, on the CPU, a copy of the gradient.
    const others = computesHalf ? 0.5 : half ? 0 : 1;
    return (1 + BESIDE_IT + others) * sizeOf(shape);
  });
  return Float32Array.BYTES_PER_ELEMENT * numbers.reduce((sum, count) => sum + count, 0);
}
