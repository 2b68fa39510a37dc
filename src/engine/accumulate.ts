import { add } from '@tensorflow/tfjs-core';
import type { Compiled, Engine } from './engine.ts';
import type { Tensors } from './optimizer.ts';
import { DeviceArray, type NdArray } from './tree.ts';

type Arrays = Record<string, NdArray>;

/** Sums arrays by name where they lie, as the gradients of micro-batches. */
export class Accumulator {
  readonly #engine: Engine;
  readonly #add: Compiled<{ sums: Tensors; added: Tensors }, { sums: Tensors }>;

  constructor(engine: Engine) {
    this.#engine = engine;
    const program = ({ sums, added }: { sums: Tensors; added: Tensors }) => ({
      sums: Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, add(sum, added[name]!)])),
    });
    this.#add = engine.compile('accumulation', program, { resident: ['sums'] });
  }

  /** Both are used up. */
  async add(sums: Arrays, added: Arrays): Promise<Arrays> {
    if (!Object.values(sums).some((sum) => sum instanceof DeviceArray)) return addInPlace(sums, added);
    const result = await this.#add.run({ sums, added });
    this.#engine.release({ sums, added });
    return result.sums;
  }
}

/** On the host, a program would bring all gradients in and out once more. */
function addInPlace(sums: Arrays, added: Arrays): Arrays {
  for (const [name, { data }] of Object.entries(added)) {
    const sum = sums[name]!.data;
    for (let i = 0; i < data.length; i++) sum[i]! += data[i]!;
  }
  return sums;
}
