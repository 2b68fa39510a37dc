import type { NdArray } from '../engine/tree.ts';

/** A model's weights, on the host or a device, by their Hugging Face names but for those that `packing.ts` packs into one. */
export type Weights = Record<string, NdArray>;
