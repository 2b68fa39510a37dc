import * as z from 'zod';
import { OPTIONS_OF, RAMPS, SCHEDULER_TYPES, type SchedulerOptions, type SchedulerType } from '../grpo/schedule.ts';

const nonNegative = z.number().min(0);
const steps = z.int().min(0);
const share = z.number().min(0).max(1);

export const lrSchedulerType = z
  .enum(SCHEDULER_TYPES)
  .default('linear')
  .describe(
    'Learning-rate schedule after warm-up, as in transformers: constant, or decaying to 0 at the last step (linear, cosine, cosine_with_restarts, polynomial), by inverse_sqrt, to a floor (cosine_with_min_lr, cosine_warmup_with_min_lr), or only at the end (warmup_stable_decay).',
  );

const names = (option: keyof SchedulerOptions): string =>
  SCHEDULER_TYPES.filter((type) => OPTIONS_OF[type].includes(option)).join(', ');
const optional = <Schema extends z.ZodType>(option: keyof SchedulerOptions, schema: Schema, what: string) =>
  schema.optional().describe(`${what} For ${names(option)}.`);

const options = z.strictObject({
  numCycles: optional('numCycles', nonNegative, 'Waves of the cosine; half a wave by default, for restarts one.'),
  power: optional('power', nonNegative, 'Power of the polynomial, 1 by default.'),
  lrEnd: optional('lrEnd', nonNegative, 'The last learning rate, 1e-7 by default.'),
  minLr: optional('minLr', nonNegative, 'The lowest learning rate.'),
  minLrRate: optional('minLrRate', share, 'The lowest learning rate as a share of `learningRate`.'),
  warmupLrRate: optional('warmupLrRate', share, 'Where the warm-up begins, as a share of `learningRate`.'),
  timescale: optional('timescale', z.int().min(1), 'Steps in which the rate falls to 0.7 of the peak.'),
  numDecaySteps: optional('numDecaySteps', steps, 'Steps at the end in which the rate falls.'),
  numStableSteps: optional('numStableSteps', steps, 'Steps at the peak; by default all between warm-up and decay.'),
  warmupType: optional('warmupType', z.enum(RAMPS), 'How the rate rises, linear by default.'),
  decayType: optional('decayType', z.enum(RAMPS), 'How the rate falls, cosine by default.'),
  minLrRatio: optional('minLrRatio', share, 'The lowest learning rate as a share of `learningRate`, 0 by default.'),
});

export const lrSchedulerKwargs = options
  .default({})
  .describe('Further settings of the schedule, transformers\' `lr_scheduler_kwargs`: { "minLrRate": 0.1 }.');

export const schedulerOptionNames: readonly string[] = Object.keys(options.shape);

/** What is wrong with a schedule's options: which one of them, if it is one, and a sentence's end. */
export function schedulerProblem(
  type: SchedulerType,
  options: SchedulerOptions,
  learningRate: number,
): { option?: keyof SchedulerOptions; message: string } | undefined {
  const given = Object.keys(options) as (keyof SchedulerOptions)[];
  const other = given.find((option) => !OPTIONS_OF[type].includes(option));
  if (other) return { option: other, message: `is not an option of lrSchedulerType "${type}", but of ${names(other)}` };
  if (type === 'cosine_with_min_lr' || type === 'cosine_warmup_with_min_lr') {
    if (options.minLr === undefined && options.minLrRate === undefined)
      return { message: `must have "minLr" or "minLrRate" with lrSchedulerType "${type}"` };
    if (options.minLr !== undefined && options.minLrRate !== undefined)
      return { option: 'minLrRate', message: 'cannot be combined with minLr; remove one of them' };
  }
  if (type === 'warmup_stable_decay' && options.numDecaySteps === undefined)
    return { message: `must have "numDecaySteps" with lrSchedulerType "${type}"` };
  const { lrEnd = 1e-7 } = options;
  if (type === 'polynomial' && lrEnd >= learningRate)
    return { option: 'lrEnd', message: `must be below learningRate (${learningRate}); it is ${lrEnd}` };
  return undefined;
}
