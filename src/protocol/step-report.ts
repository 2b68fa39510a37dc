import * as z from 'zod';
import { GROUP_SIGNALS, type GroupSignal } from '../grpo/signal.ts';
import { sourceLocation } from './problem.ts';

const count = z.int().min(0);
const figure = z.number().nullable();

/** Of some numbers; null where there are none. `std` is the sample's, and needs two. */
const spread = z.object({ mean: figure, std: figure, min: figure, max: figure });
export type Spread = z.infer<typeof spread>;

/** What a reward function gave a step's completions. */
const functionReport = spread.extend({
  name: z.string(),
  weight: z.number(),
  scored: count,
  abstained: count,
  failed: count,
  /** Of the steps that it scored, where it scores steps. */
  steps: spread.optional(),
  /** The first failure. */
  failure: z.object({ message: z.string(), place: sourceLocation.optional() }).optional(),
});
export type FunctionReport = z.infer<typeof functionReport>;

/** What a step's completions were like, and what they earned. */
export const stepReport = z.object({
  completions: count,
  groups: z.object({
    count,
    /** How many groups have a learning signal, and how many have none for which reason. */
    signals: z.object(
      Object.fromEntries(GROUP_SIGNALS.map((signal) => [signal, count])) as Record<GroupSignal, typeof count>,
    ),
    /** Groups whose completions are all the same text. */
    identical: count,
  }),
  /** In tokens, the one that ends a completion included. */
  lengths: z.object({
    ...{ min: count, mean: z.number(), max: count },
    /** The most that a completion may have. */
    cap: count,
    /** Completions that were cut off there; all others ended. */
    truncated: count,
    /** Of all completions together. */
    tokens: count,
  }),
  /** The weighted sums of the scores. */
  reward: spread,
  /** In the order of the config. */
  functions: z.array(functionReport),
});
export type StepReport = z.infer<typeof stepReport>;

const REASONS: Record<Exclude<GroupSignal, 'signal'>, string> = {
  'too-easy': 'too easy (all got the best reward)',
  'too-hard': 'too hard (all got the worst reward)',
  equal: 'with the same reward throughout',
  truncated: 'cut off throughout',
  abstained: 'without a reward',
  failed: 'failed to be scored',
};

/** `3 too hard (all got the worst reward), 1 cut off throughout`; empty where all groups have a signal. */
export const withoutSignal = (signals: StepReport['groups']['signals']): string =>
  (Object.keys(REASONS) as (keyof typeof REASONS)[])
    .filter((signal) => signals[signal] > 0)
    .map((signal) => `${signals[signal]} ${REASONS[signal]}`)
    .join(', ');
