import type { RunConfig } from '../protocol/run-config.ts';
import { permutation } from './random.ts';

/** The order in which a run goes through its prompts. */
export const trainingOrder = (
  { seed, promptsPerStep, shuffleDataset: shuffle }: Pick<RunConfig, 'seed' | 'promptsPerStep' | 'shuffleDataset'>,
  rows: number,
): PromptOrder => promptOrder({ seed, rows, promptsPerStep, shuffle });

/** How many steps a run has: those that it takes to go through its prompts so many times, or as many as its config says. */
export const plannedSteps = (
  { maxSteps, numTrainEpochs, promptsPerStep }: Pick<RunConfig, 'maxSteps' | 'numTrainEpochs' | 'promptsPerStep'>,
  rows: number,
): number => (numTrainEpochs === null ? maxSteps : Math.ceil((numTrainEpochs * rows) / promptsPerStep));

/** Which rows the steps of a run use, as far as it goes. */
export function usedRows(order: PromptOrder, steps: number, rows: number): Set<number> {
  const used = new Set<number>();
  for (let step = 1; step <= steps && used.size < rows; step++) for (const row of order(step)) used.add(row);
  return used;
}

/** Which dataset rows a step trains on: indices into the dataset, one per prompt. Steps count from 1. */
export type PromptOrder = (step: number) => number[];

/**
 * Goes through the dataset epoch after epoch, each in its own random order when `shuffle` is on; a step may reach into the next
 * epoch. It depends on nothing but its arguments, so a resumed run sees the same prompts.
 */
export function promptOrder({
  promptsPerStep,
  ...options
}: PromptSequenceOptions & { promptsPerStep: number }): PromptOrder {
  const at = promptSequence(options);
  return (step) => Array.from({ length: promptsPerStep }, (_, slot) => at((step - 1) * promptsPerStep + slot));
}

export interface PromptSequenceOptions {
  seed: number;
  rows: number;
  shuffle: boolean;
}

/** The same order prompt by prompt: the row at a position, from 0. */
export function promptSequence({ seed, rows, shuffle }: PromptSequenceOptions): (position: number) => number {
  // Steps ask for the same epoch many times over.
  let cached = { epoch: -1, order: [] as number[] };
  const epochOrder = (epoch: number): number[] => {
    if (cached.epoch !== epoch) cached = { epoch, order: permutation(seed, ['epoch', epoch], rows) };
    return cached.order;
  };
  return (position) => {
    const row = position % rows;
    return shuffle ? epochOrder(Math.floor(position / rows))[row]! : row;
  };
}
