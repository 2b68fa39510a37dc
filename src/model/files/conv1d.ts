/**
 * transformers' Conv1D, GPT-2's linear layer, has its weight as [inputs, outputs]; the model here, as PyTorch's linear layers, as [outputs, inputs]. What
 * files have of such weights, and of moments of them, is transposed where it is read and written.
 */
import type { ModelConfig } from '../config.ts';
import { modulesOf } from '../modules.ts';
import { parameterShapes } from '../parameters.ts';
import type { NamedTensor } from './safetensors-writer.ts';
import { type StoredTensor, withValues } from './stored-tensor.ts';

/** The names of the weights that files have transposed. */
export const conv1dWeights = (model: ModelConfig): Set<string> =>
  new Set(
    model.conv1d ? modulesOf(model).flatMap(({ kind, name }) => (kind === 'linear' ? [`${name}.weight`] : [])) : [],
  );

/** The shapes that files have the model's tensors in. */
export function fileShapes(model: ModelConfig): Map<string, number[]> {
  const transposed = conv1dWeights(model);
  return new Map(
    [...parameterShapes(model)].map(([name, shape]) => [name, transposed.has(name) ? shape.toReversed() : shape]),
  );
}

/** A tensor as files have it. */
export const asInFile = ([name, shape, values]: NamedTensor, transposed: ReadonlySet<string>): NamedTensor =>
  transposed.has(name) ? [name, shape.toReversed(), transpose(values, shape)] : [name, shape, values];

/** A file's tensor as the model has it, by its name there. */
export function asInModel(tensor: StoredTensor, transposed: ReadonlySet<string>): StoredTensor {
  if (!transposed.has(tensor.name)) return tensor;
  const { shape, read } = tensor;
  return { ...withValues(tensor, (into) => transpose(read(), shape, into)), shape: shape.toReversed() };
}

/** Of a matrix [rows, columns], the matrix [columns, rows]. What is no matrix stays as it is, for others to refuse. */
function transpose(
  values: Float32Array,
  shape: readonly number[],
  into: Float32Array = new Float32Array(values.length),
): Float32Array {
  const [rows, columns] = shape as [number, number];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) into[column * rows + row] = values[row * columns + column]!;
  return into;
}
