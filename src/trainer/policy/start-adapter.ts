import { normals, uniforms } from '../../data/random.ts';
import { floats } from '../../engine/tree.ts';
import type { ModelConfig } from '../../model/config.ts';
import { embeddingName, HEAD, PER_LAYER_EMBEDDING } from '../../model/modules.ts';
import { Packing } from '../../model/packing.ts';
import { adapterShapes } from '../../model/parameters.ts';
import type { Weights } from '../../model/weights-tree.ts';

/**
 * A new adapter as PEFT makes it, which changes nothing yet. Of a linear layer, A is Kaiming-uniform with a = sqrt(5), which is uniform within
 * 1 / sqrt(inputs), and B zero; of the embeddings A is zero, and B normal. DoRA's lengths are those of the model's `weights`, and what is
 * trained in full begins as a copy.
 */
export function startAdapter(model: ModelConfig, seed: number, weights: Weights): Weights {
  const own = new Packing(model).unpack(weights);
  const embedding = embeddingName(model);
  const valuesOf = (name: string, shape: number[]): Float32Array => {
    const [rows, columns] = shape as [number, number];
    if (name.endsWith('.lora_A.weight')) {
      const bound = 1 / Math.sqrt(columns);
      return uniforms(seed, ['lora', name], rows * columns).map((u) => (2 * u - 1) * bound);
    }
    if (name.endsWith('.lora_embedding_B')) return normals(seed, ['lora', name], rows * columns);
    const module = name.replace(/\.(lora_magnitude_vector|modules_to_save\.weight)$/, '');
    if (module === name) return new Float32Array(rows * columns);
    const { data, shape: matrix } = own[`${module}.weight`] ?? own[`${module === HEAD ? embedding : module}.weight`]!;
    if (name.endsWith('.modules_to_save.weight')) return Float32Array.from(data);
    return lengths(data as Float32Array, matrix as [number, number], [embedding, PER_LAYER_EMBEDDING].includes(module));
  };
  const tensors = [...adapterShapes(model)].map(
    ([name, shape]) => [name, floats(valuesOf(name, shape), shape)] as const,
  );
  return Object.fromEntries(tensors);
}

/** The lengths of a matrix's rows, or of its columns. */
function lengths(values: Float32Array, [rows, columns]: [number, number], ofColumns: boolean): Float32Array {
  const squares = new Float64Array(ofColumns ? columns : rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      squares[ofColumns ? column : row]! += values[row * columns + column]! ** 2;
    }
  }
  return Float32Array.from(squares, Math.sqrt);
}
