import '../gradients.ts';
import { clone, type DataType, getBackend, setBackend, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import type { Compiled, CompileOptions, Engine, Program } from '../engine.ts';
import {
  type ArraysOf,
  type ArrayTree,
  DeviceArray,
  leaves,
  type NdArray,
  type TensorTree,
  tensorLeaves,
  treeOf,
} from '../tree.ts';

/** What tfjs-node calls its backend. */
export const BACKEND_NAME = 'tensorflow';

/**
 * Runs programs eagerly, operation by operation, on the backend that tfjs-node has registered (see `open.ts`). What stays on the device are
 * tensors of that backend.
 */
export class TensorflowEngine implements Engine {
  readonly name = BACKEND_NAME;
  /** Programs that drop finished rows do so between runs. */
  readonly stepsPerRun = 32;
  readonly half = false;
  /** There is nothing to compile. */
  readonly compilations = 0;

  compile<I extends TensorTree, O extends TensorTree>(
    name: string,
    program: Program<I, O>,
    { resident = [] }: CompileOptions<O> = {},
  ): Compiled<I, O> {
    return {
      run: async (inputs) => {
        try {
          return onTensorflow(() => runProgram(program, inputs, resident));
        } catch (error) {
          throw new Error(`running "${name}" failed: ${(error as Error).message}`, { cause: error });
        }
      },
      async dispose() {},
    };
  }

  async upload<T extends ArrayTree>(arrays: T): Promise<T> {
    return onTensorflow(() =>
      mapLeaves(arrays, (array) => (array instanceof DeviceArray ? array : onDevice(toTensor(array)))),
    );
  }

  async download<T extends ArrayTree>(arrays: T): Promise<T> {
    return mapLeaves(arrays, (array) => (array instanceof DeviceArray ? onHost(toTensor(array)) : array));
  }

  toHalf(): never {
    throw new Error('TensorFlow.js has no float16');
  }

  release(arrays: ArrayTree): void {
    for (const [, array] of leaves(arrays)) if (array instanceof DeviceArray) toTensor(array).dispose();
  }
}

/** The process has one current backend; the previous one is restored. */
function onTensorflow<T>(body: () => T): T {
  const previous = getBackend();
  setBackend(BACKEND_NAME);
  try {
    return body();
  } finally {
    if (previous) setBackend(previous);
  }
}

function runProgram<I extends TensorTree, O extends TensorTree>(
  program: Program<I, O>,
  inputs: ArraysOf<I>,
  resident: readonly string[],
): ArraysOf<O> {
  const outputs = tidy(() => {
    const given = leaves(inputs as ArrayTree).map(([path, array]) => [path, toTensor(array)] as const);
    const results = tensorLeaves(program(treeOf(given) as I));
    // Outputs are freed independently: an input returned as it is, or a tensor returned twice, is cloned.
    const taken = new Set<Tensor>(given.map(([, input]) => input));
    return results.map(([path, result]): [string, Tensor] => {
      const own = taken.has(result) ? clone(result) : result;
      taken.add(own);
      return [path, own];
    });
  });
  const arrays = outputs.map(([path, output]): [string, NdArray] => {
    if (resident.includes(path.split('/')[0]!)) return [path, onDevice(output)];
    const array = onHost(output);
    // Explicitly: programs may `keep` a tensor that they return.
    output.dispose();
    return [path, array];
  });
  return treeOf(arrays) as ArraysOf<O>;
}

const toTensor = (array: NdArray): Tensor =>
  array instanceof DeviceArray ? (array.handle as Tensor) : tensor(array.data, array.shape, array.dtype as DataType);

const onDevice = (value: Tensor): DeviceArray =>
  new DeviceArray({ dtype: value.dtype as NdArray['dtype'], shape: value.shape }, value);

// A copy: tfjs returns the array that a tensor was made from, which may be an input.
const onHost = (value: Tensor): NdArray => ({
  dtype: value.dtype as NdArray['dtype'],
  shape: value.shape,
  data: value.dataSync().slice() as Float32Array,
});

function mapLeaves<T extends ArrayTree>(arrays: T, each: (array: NdArray) => NdArray): T {
  return treeOf(leaves(arrays).map(([path, array]) => [path, each(array)] as const)) as T;
}
