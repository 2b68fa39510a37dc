import { floats } from '../engine/tree.ts';
import type { ModelConfig } from '../model/config.ts';
import type { Weights } from '../model/language-model.ts';
import { adapterShapes } from '../model/parameters.ts';
import { uniforms } from './random.ts';

/**
 * A new adapter as PEFT makes it: A Kaiming-uniform with a = sqrt(5), which is uniform within 1 / sqrt(inputs), and B zero, so that it changes
 * nothing yet.
 */
export function startAdapter(model: ModelConfig, seed: number): Weights {
  const tensors = [...adapterShapes(model)].map(([name, shape]) => {
    const [rows, columns] = shape as [number, number];
    if (name.endsWith('.lora_B.weight')) return [name, floats(new Float32Array(rows * columns), shape)] as const;
    const bound = 1 / Math.sqrt(columns);
    const values = uniforms(seed, ['lora', name], rows * columns).map((u) => (2 * u - 1) * bound);
    return [name, floats(values, shape)] as const;
  });
  return Object.fromEntries(tensors);
}
