import * as z from 'zod/mini';

const step = z.int().check(z.minimum(1));

/** How often each value occurred: `counts[i]` completions had `values[i]`, ascending. Of very many values, `values` are the middles of ranges. */
const histogram = z.object({ values: z.instanceof(Float64Array), counts: z.instanceof(Float64Array) });
export type Histogram = z.infer<typeof histogram>;

/** The rewards of a step's completions; those without any are in no histogram. */
const stepRewards = z.object({
  step,
  completions: z.int(),
  /** Their weighted sum, and what each function gave, before weighting. */
  reward: histogram,
  functions: z.record(z.string(), histogram),
});
export type StepRewards = z.infer<typeof stepRewards>;

/** More steps at once would keep the others waiting. */
const MOST_STEPS = 1024;

/** What the host tells the dashboard's Overview tab. */
export const overviewHostMessages = [
  /** Some of the steps that were asked for, as they are read. `missing`: those whose completions cannot be read. */
  z.object({ type: z.literal('distribution'), steps: z.array(stepRewards), missing: z.array(step) }),
] as const;

/** What that asks of the host. */
export const overviewMessages = [
  /** Rewards of these steps, in this order; what was asked for before and is not read yet is no longer wanted. */
  z.object({ type: z.literal('distribution'), steps: z.array(step).check(z.maxLength(MOST_STEPS)) }),
] as const;
