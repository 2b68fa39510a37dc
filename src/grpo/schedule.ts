/** What decides the learning rate: fields named as in a run config, and the number of updates of the whole run. */
export interface Schedule {
  learningRate: number;
  lrSchedulerType: 'constant' | 'constant_with_warmup' | 'linear' | 'cosine';
  /** Updates in which the rate rises from 0; below 1: that share of `totalSteps`, rounded up. */
  warmupSteps: number;
  totalSteps: number;
}

/**
 * The learning rate of update `step`, counted from 0, equal to transformers' `get_scheduler`. With warm-up the very first update
 * has rate 0; `constant` has no warm-up.
 */
export function learningRate(step: number, schedule: Schedule): number {
  const { learningRate: base, lrSchedulerType: type, totalSteps } = schedule;
  const warmup = type === 'constant' ? 0 : warmupUpdates(schedule);
  if (step < warmup) return (base * step) / warmup;
  const remaining = Math.max(1, totalSteps - warmup);
  switch (type) {
    case 'constant':
    case 'constant_with_warmup':
      return base;
    case 'linear':
      return base * Math.max(0, (totalSteps - step) / remaining);
    case 'cosine':
      return base * 0.5 * (1 + Math.cos((Math.PI * (step - warmup)) / remaining));
    default:
      return type satisfies never;
  }
}

function warmupUpdates({ warmupSteps, totalSteps }: Schedule): number {
  return warmupSteps >= 1 ? Math.floor(warmupSteps) : Math.ceil(totalSteps * warmupSteps);
}
