import {
  type BackendValues,
  type DataType,
  KernelBackend,
  type KernelFunc,
  registerBackend,
  registerKernel,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { type Attribute, bytesOf, type Graph } from './graph.ts';
import type { ElementType, Value } from './values.ts';

type DataId = TensorInfo['dataId'];
/** What a tensor refers to: a value of the graph, or numbers known while tracing, which enter the graph when used. */
type Recorded = { value: Value; graph: Graph } | { values: BackendValues; shape: number[]; dtype: DataType };

/**
 * A TensorFlow.js backend that computes nothing: its kernels record ONNX nodes into the graph being traced. Running a
 * function once under it, gradients included, records the function as one ONNX graph.
 */
export class OnnxBackend extends KernelBackend {
  readonly #recorded = new WeakMap<DataId, Recorded>();
  #graph: Graph | undefined;

  /** The graph that kernels record into. */
  get graph(): Graph {
    if (!this.#graph) throw new Error('the onnx backend only records: call compile() to run a program');
    return this.#graph;
  }

  /** Records what `body` does into `graph`, then continues with the previous graph. */
  recordInto<T>(graph: Graph, body: () => T): T {
    const outer = this.#graph;
    this.#graph = graph;
    try {
      return body();
    } finally {
      this.#graph = outer;
    }
  }

  /** A tensor for a value of the graph. */
  tensorInfo(value: Value, shape: number[], dtype: DataType): TensorInfo {
    const dataId = {};
    this.#recorded.set(dataId, { value, graph: this.graph });
    this.graph.describe(value, elementType(dtype), shape);
    return { dataId, shape, dtype };
  }

  /** The value that a tensor refers to. */
  value({ dataId }: Pick<TensorInfo, 'dataId'>): Value {
    const recorded = this.#recorded.get(dataId);
    if (!recorded) throw new Error('a tensor of another backend reached the onnx backend: make it inside the program');
    if ('value' in recorded) return recorded.value;
    const { values, shape, dtype } = recorded;
    return this.graph.constant(elementType(dtype), shape, constantBytes(values, dtype));
  }

  /** A tensor of numbers known while tracing. */
  constant(numbers: ArrayLike<number>, shape: number[], dtype: DataType): TensorInfo {
    const values = dtype === 'float32' ? Float32Array.from(numbers) : Int32Array.from(numbers);
    return { dataId: this.write(values, shape, dtype), shape, dtype };
  }

  /** Records one node whose output has the given shape and type. */
  record(
    op: string,
    inputs: (TensorInfo | Value)[],
    output: { shape: number[]; dtype: DataType },
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): TensorInfo {
    const names = inputs.map((input) => (typeof input === 'string' ? input : this.value(input)));
    return this.tensorInfo(this.graph.node(op, names, attributes, domain), output.shape, output.dtype);
  }

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId = {};
    this.#recorded.set(dataId, { values, shape, dtype });
    return dataId;
  }

  override move(dataId: DataId, values: BackendValues, shape: number[], dtype: DataType): void {
    this.#recorded.set(dataId, { values, shape, dtype });
  }

  override readSync(dataId: DataId): BackendValues {
    const recorded = this.#recorded.get(dataId);
    if (recorded && 'values' in recorded) return recorded.values;
    throw new Error('a tensor has no numbers while its program is being traced: keep the computation in tensors');
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  // Values live in the graph and tensors in a WeakMap, so there is nothing to count or free.
  override refCount(): number {
    return 1;
  }
  override incRef(): void {}
  override disposeData(): boolean {
    return true;
  }
  override numDataIds(): number {
    return 0;
  }
  override memory() {
    return { unreliable: true };
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override dispose(): void {}
}

export const BACKEND_NAME = 'onnx';
export const backend = new OnnxBackend();
registerBackend(BACKEND_NAME, () => backend);

type Inputs = Record<string, TensorInfo>;
type Attributes = Record<string, never>;
/** How a kernel records itself. tfjs types inputs and attributes per kernel; callers of `register` name those that they read. */
export type Recorder<I = Inputs, A = Attributes> = (inputs: I, attributes: A) => TensorInfo | TensorInfo[];

/** Registers how one tfjs kernel is recorded as ONNX nodes. */
export function register<I = Inputs, A = Attributes>(kernelName: string, recorder: Recorder<I, A>): void {
  const kernelFunc: KernelFunc = ({ inputs, attrs }) => recorder(inputs as I, attrs as A);
  registerKernel({ kernelName, backendName: BACKEND_NAME, kernelFunc });
}

export function elementType(dtype: DataType): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new Error(`the onnx backend has no ${dtype} tensors`);
}

function constantBytes(values: BackendValues, dtype: DataType): Uint8Array {
  const numbers = values as ArrayLike<number>;
  if (dtype === 'float32') return bytesOf(values instanceof Float32Array ? values : Float32Array.from(numbers));
  if (dtype === 'int32') return bytesOf(values instanceof Int32Array ? values : Int32Array.from(numbers));
  return Uint8Array.from(numbers, (flag) => (flag ? 1 : 0));
}
