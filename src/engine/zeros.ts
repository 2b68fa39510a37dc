import { mul, util } from '@tensorflow/tfjs-core';
import type { Compiled, Engine } from './engine.ts';
import type { Tensors } from './optimizer.ts';
import { DeviceArray, floats, type NdArray } from './tree.ts';

type Arrays = Record<string, NdArray>;

/** Zeros in the shapes of one set of arrays, for sums to start from. */
export class Zeros {
  /** Nothing writes to them, so one copy is enough. */
  #onHost: Arrays | undefined;
  readonly #program: Compiled<{ like: Tensors }, { zeros: Tensors }>;

  constructor(engine: Engine) {
    const program = ({ like }: { like: Tensors }) => ({
      // ONNX Runtime would turn plain zeros into constants, which it keeps and copies.
      zeros: Object.fromEntries(Object.entries(like).map(([name, tensor]) => [name, mul(tensor, 0)])),
    });
    this.#program = engine.compile('zeros', program, { resident: ['zeros'] });
  }

  /** Zeros in the shapes of these arrays, which must be the same at each call, on the same side. They may be released. */
  async like(arrays: Arrays): Promise<Arrays> {
    const onDevice = Object.values(arrays).some((array) => array instanceof DeviceArray);
    if (onDevice) return (await this.#program.run({ like: arrays })).zeros;
    this.#onHost ??= zerosLike(arrays);
    return this.#onHost;
  }
}

/** Zeros in the shapes of these arrays, on the host, which programs add to in place; `Engine.release` frees them. */
export const sumsLike = (arrays: Arrays): Arrays =>
  Object.fromEntries(Object.entries(zerosLike(arrays)).map(([name, array]) => [name, { ...array, computed: true }]));

/** Zeros in the shapes of these arrays, on the host. */
export function zerosLike(arrays: Arrays): Arrays {
  const zeros = Object.entries(arrays).map(([name, { shape }]) => [
    name,
    floats(new Float32Array(util.sizeFromShape(shape)), shape),
  ]);
  return Object.fromEntries(zeros);
}
