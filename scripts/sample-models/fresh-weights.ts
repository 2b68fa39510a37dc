import { integers } from '../../src/data/random.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { Packing } from '../../src/model/packing.ts';
import { parameterShapes } from '../../src/model/parameters.ts';
import type { Weights } from '../../src/model/weights-tree.ts';

/** Norms start at 1, matrices at a normal distribution of deviation 0.02 as in transformers. */
export function freshWeights(config: ModelConfig, seed: number): Weights {
  const packing = new Packing(config);
  const weights: Weights = {};
  for (const [name, shape] of parameterShapes(config)) {
    const values = packing.placeIn(weights, name);
    if (shape.length === 1) values.fill(1);
    else values.set(normals(seed, name, values.length).map((x) => 0.02 * x));
  }
  return weights;
}

/** Standard normal numbers, by Box and Muller's transform. */
function normals(seed: number, name: string, count: number): Float32Array {
  const next = integers(seed, ['weights', name]);
  const uniform = () => (next() + 1) / 2 ** 32;
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}
