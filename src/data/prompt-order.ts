import { permutation } from './random.ts';

/** Which dataset rows a step trains on: indices into the dataset, one per prompt. Steps count from 1. */
export type PromptOrder = (step: number) => number[];

/**
 * Goes through the dataset epoch after epoch, each in its own random order when `shuffle` is on; a step may reach into the next
 * epoch. It depends on nothing but its arguments, so a resumed run sees the same prompts.
 */
export function promptOrder(options: {
  seed: number;
  rows: number;
  promptsPerStep: number;
  shuffle: boolean;
}): PromptOrder {
  const { seed, rows, promptsPerStep, shuffle } = options;
  // Steps ask for the same epoch many times over.
  let cached = { epoch: -1, order: [] as number[] };
  const epochOrder = (epoch: number): number[] => {
    if (cached.epoch !== epoch) cached = { epoch, order: permutation(seed, ['epoch', epoch], rows) };
    return cached.order;
  };
  return (step) =>
    Array.from({ length: promptsPerStep }, (_, slot) => {
      const position = (step - 1) * promptsPerStep + slot;
      const row = position % rows;
      return shuffle ? epochOrder(Math.floor(position / rows))[row]! : row;
    });
}
