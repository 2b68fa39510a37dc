import type { Weights } from './language-model.ts';
import { type Lora, loraScale } from './lora.ts';
import { isAdapterTensor } from './parameters.ts';
import type { NamedTensor } from './safetensors-writer.ts';

/** The model's own tensors with the adapter worked into them, W + scale · B·A, one at a time. */
export function* mergedWeights(weights: Weights, lora: Lora): Generator<NamedTensor> {
  for (const [name, { shape, data }] of Object.entries(weights)) {
    if (isAdapterTensor(name)) continue;
    const layer = name.replace(/\.weight$/, '');
    const a = weights[`${layer}.lora_A.weight`];
    const b = weights[`${layer}.lora_B.weight`];
    const own = data as Float32Array;
    yield [name, shape, a && b ? addProduct(own, a.data, b.data, lora) : own];
  }
}

/** In float64, rounded once at the end. */
function addProduct(weight: Float32Array, a: ArrayLike<number>, b: ArrayLike<number>, lora: Lora): Float32Array {
  const { r } = lora;
  const scale = loraScale(lora);
  const columns = a.length / r;
  const merged = new Float32Array(weight.length);
  const row = new Float64Array(columns);
  for (let start = 0, out = 0; start < weight.length; start += columns, out++) {
    for (let i = 0; i < columns; i++) row[i] = weight[start + i]!;
    for (let rank = 0; rank < r; rank++) {
      const factor = scale * b[out * r + rank]!;
      for (let i = 0; i < columns; i++) row[i]! += factor * a[rank * columns + i]!;
    }
    merged.set(row, start);
  }
  return merged;
}
