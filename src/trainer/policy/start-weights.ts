import type { Engine } from '../../engine/engine.ts';
import type { ModelConfig } from '../../model/config.ts';
import { computeCopies } from '../../model/network/half-weights.ts';
import type { Weights } from '../../model/weights-tree.ts';

/**
 * A start model where training wants it: on the engine's device. A `half` engine's has no use for float32 there until the first update: weights
 * that are trained wait on the host, and frozen ones are on the device in float16 alone.
 */
export async function placeStart(
  engine: Engine,
  model: ModelConfig,
  weights: Weights,
  { frozen }: { frozen: boolean },
): Promise<Weights> {
  if (!engine.half) return engine.upload(weights);
  return frozen ? computeCopies(engine, model, weights) : weights;
}
