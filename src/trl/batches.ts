import type { RunConfig } from '../protocol/run-config.ts';

/**
 * A step of ours, as TRL divides it. A step is promptsPerStep × numGenerations completions, over which there are numIterations passes, each of
 * numMiniBatches optimizer updates, whose gradients are summed over gradientAccumulationSteps micro-batches.
 *
 * TRL generates `generation_batch_size` = `per_device_train_batch_size` × processes × `steps_per_generation` completions at a time, and updates after
 * `gradient_accumulation_steps` micro-batches in each process. Left out, `steps_per_generation` is `gradient_accumulation_steps`: then a pass over the
 * completions is one update, as here without mini-batches. Its `max_steps` counts updates.
 */
export interface TrlBatches {
  /** Completions of a step. */
  completions: number;
  /** In all processes together: each gets its share, `microBatch / processes`. */
  microBatch: number;
  gradientAccumulationSteps: number;
  /** Micro-batches of a step. */
  stepsPerGeneration: number;
  /** TRL's steps in one of ours. */
  updatesPerStep: number;
}

type Sizes = Pick<
  RunConfig,
  'promptsPerStep' | 'numGenerations' | 'numIterations' | 'numMiniBatches' | 'gradientAccumulationSteps'
>;

export function trlBatches(config: Sizes): TrlBatches {
  const completions = config.promptsPerStep * config.numGenerations;
  const { gradientAccumulationSteps, numIterations, numMiniBatches } = config;
  const stepsPerGeneration = numMiniBatches * gradientAccumulationSteps;
  return {
    completions,
    microBatch: completions / stepsPerGeneration,
    gradientAccumulationSteps,
    stepsPerGeneration,
    updatesPerStep: numIterations * numMiniBatches,
  };
}
