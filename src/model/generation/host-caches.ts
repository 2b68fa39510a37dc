import type { ArraysOf, NdArray } from '../../engine/tree.ts';
import type { ModelConfig } from '../config.ts';
import { type ArrangeInputs, type Caches, kvHeadsOf, layerOf } from './caches.ts';

/**
 * As `arrangeProgram`, of caches on the host: a program would hold all layers twice, and be given a copy of its outputs. `done` hears of each
 * layer's cache once it is copied.
 */
export function arrangeOnHost(
  config: ModelConfig,
  { caches, appended, places }: ArraysOf<ArrangeInputs>,
  done: (caches: ArraysOf<Caches>) => void,
): ArraysOf<Caches> {
  const kvHeads = kvHeadsOf(config);
  return Object.fromEntries(
    Object.entries(caches as Record<string, NdArray>).map(([name, cache]) => {
      const to = places[kvHeads.get(layerOf(name))!] as NdArray;
      const parts = [cache, ...(appended ? [appended[name] as NdArray] : [])];
      const arranged = joined(parts, to);
      done(Object.fromEntries(parts.map((part, index) => [index, part])));
      return [name, arranged];
    }),
  );
}

/** Caches of the same places one behind the other, at the places that `to` [slots, each] takes from them. */
function joined(parts: NdArray[], to: NdArray): NdArray {
  const [slots, each] = to.shape as [number, number];
  const headDim = parts[0]!.shape.at(-1)!;
  const tokens = parts.map(({ shape }) => shape.at(-2)!);
  const allTokens = tokens.reduce((sum, count) => sum + count, 0);
  const data = new Float32Array(slots * each * allTokens * headDim);
  let at = 0;
  for (const from of to.data)
    for (const [index, part] of parts.entries()) {
      const size = tokens[index]! * headDim;
      data.set((part.data as Float32Array).subarray(from * size, (from + 1) * size), at);
      at += size;
    }
  return { dtype: 'float32', shape: [slots, each, allTokens, headDim], data, computed: true };
}
