import { mul, util } from '@tensorflow/tfjs-core';
import type { Compiled, Engine } from './engine.ts';
import type { Tensors } from './optimizer.ts';
import { DeviceArray, floats, type NdArray } from './tree.ts';

type Arrays = Record<string, NdArray>;

/** Zeros where programs run, for sums to start from; of one model's arrays. */
export class Zeros {
  /** Nothing writes to them: one copy is enough. */
  #onHost: Arrays | undefined;
  readonly #program: Compiled<{ like: Tensors }, { zeros: Tensors }>;

  constructor(engine: Engine) {
    const program = ({ like }: { like: Tensors }) => ({
      // Of zeros alone ONNX Runtime would make constants, which it keeps and copies.
      zeros: Object.fromEntries(Object.entries(like).map(([name, tensor]) => [name, mul(tensor, 0)])),
    });
    this.#program = engine.compile('zeros', program, { resident: ['zeros'] });
  }

  /** Zeros in the shapes of these arrays, the same at each call, and where they lie. May be released. */
  async like(arrays: Arrays): Promise<Arrays> {
    const onDevice = Object.values(arrays).some((array) => array instanceof DeviceArray);
    if (onDevice) return (await this.#program.run({ like: arrays })).zeros;
    this.#onHost ??= zerosLike(arrays);
    return this.#onHost;
  }
}

/** Zeros in the shapes of these arrays, on the host. */
export function zerosLike(arrays: Arrays): Arrays {
  const zeros = Object.entries(arrays).map(([name, { shape }]) => [
    name,
    floats(new Float32Array(util.sizeFromShape(shape)), shape),
  ]);
  return Object.fromEntries(zeros);
}
