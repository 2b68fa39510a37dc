import type { RunConfig } from '../protocol/run-config.ts';
import { trlOptions } from '../protocol/trl-config.ts';
import { trlBatches } from './batches.ts';
import type { Translation } from './fields.ts';

/** When TRL evaluates on the held-out prompts, of which there are some. */
export function evaluationArgs(config: RunConfig): Pick<Translation, 'args' | 'approximated'> {
  const { evalOnStart, evalSteps, numGenerations, numGenerationsEval, maxSteps } = config;
  if (evalSteps === null && !evalOnStart) return { args: {}, approximated: [] };
  const { microBatch, updatesPerStep } = trlBatches(config);
  const atOnce = trlOptions(config).perDeviceTrainBatchSize ?? microBatch;
  const missesEnd = evalOnStart && evalSteps !== null && maxSteps % evalSteps !== 0;
  const last = Math.floor(maxSteps / (evalSteps ?? maxSteps)) * (evalSteps ?? maxSteps);
  return {
    args: {
      eval_strategy: 'steps',
      // TRL has no evaluation after the last step as such: it is one that falls on it.
      eval_steps: (evalSteps ?? maxSteps) * updatesPerStep,
      ...(evalOnStart && { eval_on_start: true }),
      ...(numGenerationsEval !== numGenerations && { num_generations_eval: numGenerationsEval }),
      // Whole groups, whatever the number of processes.
      per_device_eval_batch_size: numGenerationsEval * Math.max(1, Math.floor(atOnce / numGenerationsEval)),
    },
    approximated: missesEnd
      ? [
          `"evalOnStart": TRL evaluates every ${evalSteps} steps, the last time after step ${last}, not after step ${maxSteps}.`,
        ]
      : [],
  };
}
