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
  /** Where all weights are trained: whether those of the start are kept, to compare with. */
  reference?: boolean;
}

interface MemoryNeeds extends Workload {
  /** Of the machine's memory, where the CPU computes. */
  bytes: number;
}

/** What training a model needs, or running it alone. Activations and caches come on top: they are cut to what fits. */
export function workloadOf(model: ModelConfig, use: Use): MemoryNeeds {
  const { tablesAsStored: _, ...onGpu } = model;
  // Beside the weights that are updated, a GPU has those of the start; the CPU, which updates in place, a copy of the gradient.
  const copies = { cpu: 1, gpu: use.reference ? 1 : 0 };
  return {
    ...{ parameters: parameterCount(model), half: use.half },
    ...{ bytes: bytesOf(model, use, copies.cpu), gpuBytes: bytesOf(onGpu, use, copies.gpu) },
    cpuOnly: model.quantization && `a model in ${model.quantization} is computed there alone`,
  };
}

function bytesOf(model: ModelConfig, { trains, half }: Use, copies: number): number {
  const trained = trainedShapes(model);
  const isProjection = projectionTest(model);
  const quantized = model.quantization && quantizedNames(model);
  const numbers = [...parameterShapes(model)].map(([name, shape]) => {
    const computesHalf = half && isProjection(name);
    const isHalf = computesHalf || model.tablesAsStored?.has(name);
    const computedWith = quantized?.has(name) ? QUANTIZED[model.quantization!] : isHalf ? 0.5 : 1;
    if (!trains || !trained.has(name)) return computedWith * sizeOf(shape);
    // In float16 there is a copy of what products are computed with.
    const others = computesHalf ? 0.5 : half ? 0 : copies;
    return (1 + BESIDE_IT + others) * sizeOf(shape);
  });
  return Float32Array.BYTES_PER_ELEMENT * numbers.reduce((sum, count) => sum + count, 0);
}
