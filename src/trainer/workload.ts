import type { Workload } from '../engine/devices/open-engine.ts';
import type { ModelConfig } from '../model/config.ts';
import { parameterCount, trainedShapes } from '../model/parameters.ts';
import { sizeOf } from '../model/shape.ts';

/** Of each number that is trained: as it was at the start, its gradient, and AdamW's two moments. */
const COPIES = 4;

/** What training a model, or running it alone, needs of a device. Activations and caches come on top: they are cut to what fits. */
export function workloadOf(model: ModelConfig, { trains }: { trains: boolean }): Workload {
  const parameters = parameterCount(model);
  const trained = [...trainedShapes(model).values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
  const numbers = parameters + (trains ? COPIES * trained : 0);
  return { parameters, bytes: Float32Array.BYTES_PER_ELEMENT * numbers };
}
