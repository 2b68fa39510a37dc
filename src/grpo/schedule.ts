/** The fields of a run config that decide the learning rate, with the number of updates of the whole run. */
export interface Schedule {
  learningRate: number;
  lrSchedulerType: 'constant' | 'constant_with_warmup' | 'linear' | 'cosine';
  /** Updates in which the rate rises from 0; below 1: that share of `totalSteps`, rounded up. */
  warmupSteps: number;
  totalSteps: number;
}

/**
 * The learning rate of update `step`, counted from 0, equal to transformers' `get_scheduler`. With warm-up the very first update
 * has rate 0; `constant` knows no warm-up.
 */
export function learningRate(step: number, schedule: Schedule): number {
  const { learningRate: base, lrSchedulerType: type, totalSteps } = schedule;
  if (type === 'constant') return base;
  const warmup = warmupUpdates(schedule);
  if (step < warmup) return (base * step) / warmup;
  if (type === 'constant_with_warmup') return base;
  const remaining = Math.max(1, totalSteps - warmup);
  if (type === 'linear') return base * Math.max(0, (totalSteps - step) / remaining);
  return base * 0.5 * (1 + Math.cos((Math.PI * (step - warmup)) / remaining));
}

function warmupUpdates({ warmupSteps, totalSteps }: Schedule): number {
  return warmupSteps >= 1 ? Math.floor(warmupSteps) : Math.ceil(totalSteps * warmupSteps);
}
