// zod/mini, because the webview's bundle carries these guards too.
import * as z from 'zod/mini';
import { GROUP_SIGNALS } from '../grpo/signal.ts';
import { FAILURE_KINDS } from './rewards.ts';

/**
 * What comes of scoring a run's recorded completions again: a `start`, a `step` for each step, a `summary`. `grpo rescore --json` prints
 * them one a line, and the editor reads them there. `old` is what was recorded, `new` what the reward functions give now.
 */

const count = z.int().check(z.minimum(0));
const signal = z.enum(GROUP_SIGNALS as [(typeof GROUP_SIGNALS)[number]]);
const scores = z.record(z.string(), z.nullable(z.number()));
const fromOne = z.int().check(z.minimum(1));
/** Of the user's code. */
export const sourcePlace = z.object({ file: z.string(), line: z.optional(fromOne), column: z.optional(fromOne) });
const failure = z.object({
  name: z.string(),
  kind: z.optional(z.enum(FAILURE_KINDS)),
  message: z.string(),
  place: z.optional(sourcePlace),
});
/** Null where there is no reward: every function abstained or failed. */
const reward = z.object({ old: z.nullable(z.number()), new: z.nullable(z.number()) });

export const rescoreStart = z.object({
  type: z.literal('start'),
  /** The run folder. */
  run: z.string(),
  name: z.string(),
  /** Which config's functions, weights and scaling count now. `why` says what keeps the current one from being used. */
  config: z.object({ file: z.string(), used: z.enum(['current', 'recorded']), why: z.nullable(z.string()) }),
  /** `was`: its weight in the run; null when the run did not have it, or does not tell. */
  functions: z.array(z.object({ name: z.string(), file: z.string(), weight: z.number(), was: z.nullable(z.number()) })),
  /** The steps to score, in the order in which they come. */
  steps: z.array(count),
});
export type RescoreStart = z.infer<typeof rescoreStart>;

const rescoredRow = z.object({
  /** The completion's line in the step's rollouts file, from 0. */
  row: count,
  group: count,
  reward,
  advantage: z.object({ old: z.number(), new: z.number() }),
  /** By function; null: it abstained or failed. */
  scores: z.object({ old: scores, new: scores }),
  /** The advantage was positive and is negative now, or the other way round. */
  flips: z.boolean(),
  /** The first failure now in words, with file and line; and the same as data. */
  error: z.nullable(z.string()),
  failure: z.optional(failure),
  /** Reasons and extracted answers now, by function. */
  details: z.optional(
    z.record(z.string(), z.object({ reason: z.optional(z.string()), extracted: z.optional(z.string()) })),
  ),
});
export type RescoredRow = z.infer<typeof rescoredRow>;

const rescoredGroup = z.object({
  group: count,
  /** Means of its rewards. */
  reward,
  signal: z.object({ old: signal, new: signal }),
});
export type RescoredGroup = z.infer<typeof rescoredGroup>;

const figures = {
  completions: count,
  /** Means. */
  reward,
  /** Completions whose reward is another now. */
  changed: count,
  /** Completions whose advantage changes its sign. */
  flips: count,
  /** Completions on which a reward function fails now. */
  failed: count,
  /** Completions of groups that are not all there: the trainer was still writing, or was killed. */
  left_out: count,
  /** What the functions used up, such as a judge's tokens, by metric. */
  totals: z.optional(z.record(z.string(), z.number())),
};

export const rescoreStep = z.object({
  type: z.literal('step'),
  step: count,
  ...figures,
  /** Groups that told no good completion from a bad one and do now, and those that did and do not any more. */
  gained: z.array(count),
  lost: z.array(count),
  groups: z.array(rescoredGroup),
  rows: z.array(rescoredRow),
});
export type RescoreStep = z.infer<typeof rescoreStep>;

const rescoreSummary = z.object({
  type: z.literal('summary'),
  steps: count,
  ...figures,
  /** Numbers of groups, over all steps. */
  groups: count,
  gained: count,
  lost: count,
});
export type RescoreSummary = z.infer<typeof rescoreSummary>;

/** A step without its groups and completions. `stale`: scored before the last edit. */
export const rescoreFigures = z.extend(z.omit(rescoreStep, { type: true, groups: true, rows: true }), {
  stale: z.boolean(),
});

export const rescoreEvent = z.discriminatedUnion('type', [rescoreStart, rescoreStep, rescoreSummary]);
export type RescoreEvent = z.infer<typeof rescoreEvent>;
