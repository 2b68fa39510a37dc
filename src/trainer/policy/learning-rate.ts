import { COUNTING_OPTIONS, learningRate, type SchedulerOptions } from '../../grpo/schedule.ts';
import type { RunConfig } from '../../protocol/run-config.ts';

/** That of the next update. The schedule runs over optimizer updates, while the config counts steps of several updates each. */
export function learningRateAfter(updates: number, config: RunConfig): number {
  const { lrSchedulerType, warmupSteps, maxSteps } = config;
  const updatesPerStep = config.numIterations * config.numMiniBatches;
  const options: SchedulerOptions = { ...config.lrSchedulerKwargs };
  for (const option of COUNTING_OPTIONS) if (options[option] !== undefined) options[option] *= updatesPerStep;
  return learningRate(updates, {
    learningRate: config.learningRate,
    lrSchedulerType,
    lrSchedulerKwargs: options,
    warmupSteps: warmupSteps < 1 ? warmupSteps : warmupSteps * updatesPerStep,
    totalSteps: maxSteps * updatesPerStep,
  });
}
