import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend } from '../backend.ts';
import { ONNX_TYPES, type Value } from '../values.ts';

/**
 * int64 [1] zero that is known only once the operand is: what depends on it is computed just before it is needed, and not shared. ONNX
 * Runtime could otherwise keep the matrices of all layers in float32, from the start or from the forward to the backward pass. By way of a
 * truth value, because a number may be none.
 */
export function zeroAfter(operand: TensorInfo): Value {
  const { graph } = backend;
  const axes = [...operand.shape.keys()];
  const bounds = [0, 1].map((bound) => graph.ints(axes.map(() => bound))) as [Value, Value];
  const value = backend.value(operand);
  const one = axes.length === 0 ? value : graph.node('Slice', [value, ...bounds, graph.ints(axes)]);
  const known = graph.node('Cast', [graph.node('Reshape', [one, graph.ints([1])])], { to: ONNX_TYPES.bool });
  return graph.node('Mul', [graph.node('Cast', [known], { to: ONNX_TYPES.int64 }), graph.ints([0])]);
}
