import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { type DataType, setBackend, type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { Program } from '../../src/engine/engine.ts';
import {
  type ArraysOf,
  type ArrayTree,
  leaves,
  type NdArray,
  type TensorTree,
  tensorLeaves,
  treeOf,
} from '../../src/engine/tree.ts';

/** Runs a program eagerly on tfjs's own CPU backend: what the onnx engine must agree with. */
export function runEagerly<I extends TensorTree, O extends TensorTree>(
  program: Program<I, O>,
  inputs: ArraysOf<I>,
): ArraysOf<O> {
  setBackend('cpu');
  const tensors = leaves(inputs as ArrayTree).map(([path, array]) => [path, tensorOf(array)] as const);
  const outputs = tensorLeaves(program(treeOf<Tensor>(tensors) as I));
  return treeOf(outputs.map(([path, value]) => [path, toArray(value)] as const)) as ArraysOf<O>;
}

/** tfjs has no integers of 8 or 16 bits: programs see them as int32. */
const tensorOf = ({ data, shape, dtype }: NdArray): Tensor =>
  dtype === 'int8' || dtype === 'uint8' || dtype === 'uint16'
    ? tensor(Int32Array.from(data), shape, 'int32')
    : tensor(data as Float32Array, shape, dtype as DataType);

const toArray = (value: Tensor): NdArray => ({
  dtype: value.dtype as NdArray['dtype'],
  shape: value.shape,
  data: value.dataSync() as Float32Array,
});
