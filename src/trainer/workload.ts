import type { ModelConfig } from '../model/config.ts';
import { projectionTest } from '../model/network/half-weights.ts';
import { parameterCount, parameterShapes, trainedShapes } from '../model/parameters.ts';
import { sizeOf } from '../model/shape.ts';
import type { Workload } from './open-engine.ts';

/** Of each number that is trained: its gradient, and AdamW's two moments. */
const BESIDE_IT = 3;

/** What training a model, or running it alone, needs of a device. Activations and caches come on top: they are cut to what fits. */
export function workloadOf(model: ModelConfig, { trains, half }: { trains: boolean; half: boolean }): Workload {
  const trained = trainedShapes(model);
  const isProjection = projectionTest(model);
  const numbers = [...parameterShapes(model)].map(([name, shape]) => {
    const computesHalf = half && isProjection(name);
    const computedWith = computesHalf ? 0.5 : 1;
    if (!trains || !trained.has(name)) return computedWith * sizeOf(shape);
    // Beside the weights that are updated: their copy in float16, or in float32 those of the start.
    const others = computesHalf ? 0.5 : half ? 0 : 1;
    return (1 + BESIDE_IT + others) * sizeOf(shape);
  });
  const total = numbers.reduce((sum, count) => sum + count, 0);
  return { parameters: parameterCount(model), bytes: Float32Array.BYTES_PER_ELEMENT * total, half };
}
