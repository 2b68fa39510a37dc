import '@tensorflow/tfjs-core/dist/register_all_gradients';
import './kernels/elementwise.ts';
import './kernels/fused.ts';
import './kernels/indexing.ts';
import './kernels/linear-algebra.ts';
import './kernels/reduction.ts';
import './kernels/shape.ts';
import { engine, getBackend, setBackend, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Program } from '../engine.ts';
import { type ArrayTree, leaves, type TensorTree, tensorLeaves, treeOf } from '../tree.ts';
import { BACKEND_NAME, backend, elementType } from './backend.ts';
import { Graph, NOMINAL_SIZES } from './graph.ts';
import type { Provider } from './providers.ts';

/** A program written down as one ONNX graph; inputs and outputs are named by their paths in the trees. */
export interface Trace {
  model: Uint8Array;
  /** Paths of the outputs, and what the graph calls each. */
  outputs: string[];
  outputNames: string[];
  nodes: number;
}

/** Runs `program` once under the recording backend, on inputs of the shapes and types of `inputs`. */
export function trace<I extends TensorTree, O extends TensorTree>(
  program: Program<I, O>,
  inputs: ArrayTree,
  provider: Provider = 'cpu',
): Trace {
  const graph = new Graph(provider);
  const outputs: string[] = [];
  const record = () => {
    const tensors = leaves(inputs).map(([path, { shape: actual, dtype, open }]): [string, Tensor] => {
      const port = actual.map((size, axis) => (open?.[axis] ? null : size));
      const value = graph.input(path, elementType(dtype), port);
      const shape = actual.map((size, axis) => (open?.[axis] ? NOMINAL_SIZES[open[axis]] : size));
      const info = backend.tensorInfo(value, shape, dtype);
      return [path, engine().makeTensorFromTensorInfo(info)];
    });
    for (const [path, tensor] of tensorLeaves(program(treeOf(tensors) as I))) {
      graph.output(backend.value(tensor), elementType(tensor.dtype));
      outputs.push(path);
    }
  };
  const previous = getBackend();
  setBackend(BACKEND_NAME);
  try {
    backend.recordInto(graph, () => tidy(record));
  } finally {
    if (previous) setBackend(previous);
  }
  return {
    model: graph.toModel(),
    outputs,
    outputNames: graph.outputs.map(({ name }) => name),
    nodes: graph.nodes.length,
  };
}
