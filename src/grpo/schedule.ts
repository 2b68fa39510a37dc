/**
 * Learning rates by the number of updates, equal to transformers 5.23's `get_scheduler` (test/references/schedules.py). Formulas are factors of
 * the peak rate.
 */

/** transformers' schedules that depend on nothing but the number of the update. */
export const SCHEDULER_TYPES = [
  ...(['constant', 'constant_with_warmup', 'linear', 'cosine', 'cosine_with_restarts', 'polynomial'] as const),
  ...(['inverse_sqrt', 'cosine_with_min_lr', 'cosine_warmup_with_min_lr', 'warmup_stable_decay'] as const),
] as const;
export type SchedulerType = (typeof SCHEDULER_TYPES)[number];

/** How the rate rises or falls from one end to the other. */
export const RAMPS = ['linear', 'cosine', '1-sqrt'] as const;
type Ramp = (typeof RAMPS)[number];

/** transformers' `lr_scheduler_kwargs`; undefined: its default. */
export interface SchedulerOptions {
  numCycles?: number | undefined;
  power?: number | undefined;
  lrEnd?: number | undefined;
  minLr?: number | undefined;
  minLrRate?: number | undefined;
  warmupLrRate?: number | undefined;
  timescale?: number | undefined;
  numDecaySteps?: number | undefined;
  numStableSteps?: number | undefined;
  warmupType?: Ramp | undefined;
  decayType?: Ramp | undefined;
  minLrRatio?: number | undefined;
}

/** The options that count updates. */
export const COUNTING_OPTIONS = ['timescale', 'numDecaySteps', 'numStableSteps'] as const;

/** The options that a schedule has. */
export const OPTIONS_OF: Record<SchedulerType, readonly (keyof SchedulerOptions)[]> = {
  constant: [],
  constant_with_warmup: [],
  linear: [],
  cosine: ['numCycles'],
  cosine_with_restarts: ['numCycles'],
  polynomial: ['lrEnd', 'power'],
  inverse_sqrt: ['timescale'],
  cosine_with_min_lr: ['minLr', 'minLrRate', 'numCycles'],
  cosine_warmup_with_min_lr: ['minLr', 'minLrRate', 'warmupLrRate', 'numCycles'],
  warmup_stable_decay: ['numDecaySteps', 'numStableSteps', 'warmupType', 'decayType', 'minLrRatio', 'numCycles'],
};

/** What decides the learning rate; fields named as in a run config, counted in updates of the whole run. */
export interface Schedule {
  learningRate: number;
  lrSchedulerType: SchedulerType;
  lrSchedulerKwargs?: SchedulerOptions;
  /** Updates in which the rate rises; below 1: that share of `totalSteps`, rounded up. */
  warmupSteps: number;
  totalSteps: number;
}

/** The learning rate of update `step`, counted from 0. With most schedules, the first update of a warm-up has rate 0. */
export function learningRate(step: number, schedule: Schedule): number {
  const { learningRate: base, lrSchedulerType: type, lrSchedulerKwargs: options = {}, totalSteps } = schedule;
  const warmup = type === 'constant' ? 0 : warmupUpdates(schedule);
  const rest = Math.max(1, totalSteps - warmup);
  /** Share of what follows the warm-up that is over. */
  const progress = (step - warmup) / rest;
  const rising = step < warmup;
  switch (type) {
    case 'constant':
    case 'constant_with_warmup':
      return rising ? (base * step) / warmup : base;
    case 'linear':
      return rising ? (base * step) / warmup : base * Math.max(0, (totalSteps - step) / rest);
    case 'cosine':
      return rising ? (base * step) / warmup : base * Math.max(0, wave(progress, options.numCycles));
    case 'cosine_with_restarts':
      if (rising) return (base * step) / warmup;
      return progress >= 1 ? 0 : base * 0.5 * (1 + Math.cos(Math.PI * (((options.numCycles ?? 1) * progress) % 1)));
    case 'polynomial': {
      const { lrEnd = 1e-7, power = 1 } = options;
      if (rising) return (base * step) / warmup;
      if (step > totalSteps) return lrEnd;
      return (base - lrEnd) * (1 - (step - warmup) / (totalSteps - warmup)) ** power + lrEnd;
    }
    case 'inverse_sqrt': {
      const timescale = options.timescale ?? (warmup || 10_000);
      return rising ? (base * step) / warmup : base / Math.sqrt((step - warmup + timescale) / timescale);
    }
    case 'cosine_with_min_lr':
      if (rising) return (base * step) / warmup;
      return base * Math.max(0, above(lowest(base, options), wave(progress, options.numCycles)));
    case 'cosine_warmup_with_min_lr': {
      if (rising && options.warmupLrRate === undefined) return (base * (step + 1)) / warmup;
      if (rising) return base * above(options.warmupLrRate!, step / Math.max(1, warmup - 1));
      return base * Math.max(0, above(lowest(base, options), wave((step - warmup + 1) / rest, options.numCycles)));
    }
    case 'warmup_stable_decay':
      return base * stableDecay(step, warmup, totalSteps, options);
    default:
      return type satisfies never;
  }
}

function stableDecay(step: number, warmup: number, total: number, options: SchedulerOptions): number {
  const { numDecaySteps: decay = 0, warmupType = 'linear', decayType = 'cosine', minLrRatio = 0 } = options;
  const stable = options.numStableSteps ?? total - warmup - decay;
  if (step < warmup) return Math.max(0, above(minLrRatio, rise(warmupType, step / warmup)));
  if (step < warmup + stable) return 1;
  if (step >= warmup + stable + decay) return minLrRatio;
  const progress = (step - warmup - stable) / decay;
  return Math.max(0, above(minLrRatio, fall(decayType, progress, options.numCycles)));
}

function rise(ramp: Ramp, progress: number): number {
  switch (ramp) {
    case 'linear':
      return progress;
    case 'cosine':
      return 0.5 * (1 - Math.cos(Math.PI * progress));
    case '1-sqrt':
      return 1 - Math.sqrt(1 - progress);
    default:
      return ramp satisfies never;
  }
}

function fall(ramp: Ramp, progress: number, cycles: number | undefined): number {
  switch (ramp) {
    case 'linear':
      return 1 - progress;
    case 'cosine':
      return wave(progress, cycles);
    case '1-sqrt':
      return 1 - Math.sqrt(progress);
    default:
      return ramp satisfies never;
  }
}

/** A cosine from 1 to 0 and back, so many times; half a cycle by default. */
const wave = (progress: number, cycles = 0.5): number => 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * progress));

/** A factor from 0 to 1 as one from `floor` to 1. */
const above = (floor: number, factor: number): number => factor * (1 - floor) + floor;

const lowest = (base: number, { minLr, minLrRate }: SchedulerOptions): number =>
  minLr === undefined ? minLrRate! : minLr / base;

function warmupUpdates({ warmupSteps, totalSteps }: Schedule): number {
  return warmupSteps >= 1 ? Math.floor(warmupSteps) : Math.ceil(totalSteps * warmupSteps);
}
