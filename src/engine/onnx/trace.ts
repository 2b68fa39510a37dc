import '../gradients.ts';
import './kernels/elementwise.ts';
import './kernels/fused.ts';
import './kernels/indexing.ts';
import './kernels/linear-algebra.ts';
import './kernels/quantized.ts';
import './kernels/recurrence.ts';
import './kernels/reduction.ts';
import './kernels/shape.ts';
import './loop.ts';
import { type DataType, engine, getBackend, setBackend, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Program } from '../engine.ts';
import { type ArrayTree, leaves, type NdArray, type TensorTree, tensorLeaves, treeOf } from '../tree.ts';
import { Autocast } from './autocast.ts';
import { BACKEND_NAME, backend, elementType } from './backend.ts';
import { Graph } from './graph.ts';
import { modelProto } from './model-proto.ts';
import { OpenSizes } from './open-sizes.ts';
import type { Provider } from './providers.ts';
import { ONNX_TYPES } from './values.ts';

/** A program recorded as one ONNX graph; inputs and outputs are named by their paths in the trees. */
export interface Trace {
  model: Uint8Array;
  /** The bytes of frozen inputs that are part of the graph, as ONNX Runtime's option of this name takes them. */
  externalData: { path: string; data: Uint8Array }[];
  /** Paths of the outputs, and the name of each in the graph. */
  outputs: string[];
  outputNames: string[];
}

export interface TraceOptions {
  provider: Provider;
  /** Defined when inputs may be float16. See `CompileOptions`. */
  halves?: readonly string[] | undefined;
  /** See `CompileOptions`. */
  smallSizes: readonly string[];
  packsFrozen: boolean;
}

/** The type that programs see: TensorFlow.js has neither narrower floats nor narrower integers. */
const seenAs = (dtype: NdArray['dtype']): DataType =>
  dtype === 'float16' ? 'float32' : dtype === 'float32' || dtype === 'bool' ? dtype : 'int32';

/** Runs `program` once under the recording backend, on inputs of the shapes and types of `inputs`. */
export function trace<I extends TensorTree, O extends TensorTree>(
  program: Program<I, O>,
  inputs: ArrayTree,
  { provider, halves, smallSizes, packsFrozen }: TraceOptions,
): Trace {
  const graph = new Graph(provider, halves && new Autocast(), new OpenSizes(smallSizes));
  const outputs: string[] = [];
  const record = () => {
    const tensors = leaves(inputs).map(([path, array]): [string, Tensor] => {
      const { shape: actual, dtype, open } = array;
      const shape = actual.map((size, axis) => (open?.[axis] ? graph.openSizes.nominal(open[axis]) : size));
      const port = shape.map((size) => graph.openSizes.nameOf(size));
      if (dtype === 'float16' && !graph.autocast) throw new Error(`"${path}" is float16, but the engine is not`);
      const value = graph.input(path, dtype, port);
      if (packsFrozen && array.frozen) graph.freeze(value, array);
      open?.forEach((name, axis) => {
        if (typeof name === 'string') graph.noteSize(name, value, axis);
      });
      const info = backend.tensorInfo(value, shape, seenAs(dtype));
      return [path, engine().makeTensorFromTensorInfo(info)];
    });
    for (const [path, tensor] of tensorLeaves(program(treeOf(tensors) as I))) {
      const value = backend.value(tensor);
      const half = graph.autocast?.isHalf(value);
      if (half && halves?.includes(path.split('/')[0]!)) graph.output(value, 'float16');
      else if (half) graph.output(graph.node('Cast', [value], { to: ONNX_TYPES.float32 }), 'float32');
      else graph.output(value, elementType(tensor.dtype));
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
    model: modelProto(graph),
    externalData: graph.externals.map(({ name, bytes }) => ({ path: name, data: bytes })),
    outputs,
    outputNames: graph.outputs.map(({ name }) => name),
  };
}
