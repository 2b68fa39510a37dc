// zod/mini, because the dashboard's bundle carries it too.
import * as z from 'zod/mini';
import type { MetricColumns } from './metric-columns.ts';
import { type MeasuredSteps, type RunMeasure, runMeasure } from './run-measure.ts';
import { TIMES } from './step-times.ts';

const measure = z.custom<RunMeasure>((value) => typeof value === 'object' && value !== null && 'reward' in value);

/** What came of a run. */
export const runResults = z.object({
  /** On the prompts that it trained on; null before the first step. */
  training: z.nullable(measure),
  /** On held-out prompts; null where none were evaluated. */
  heldOut: z.nullable(measure),
  /** What its steps, evaluations and checkpoints took together; null where that was not measured. */
  seconds: z.nullable(z.number()),
});
export type RunResults = z.infer<typeof runResults>;

/** The metrics that they are computed from. */
export const RESULT_KEYS = ['reward', 'eval_reward', ...TIMES] as const;

export function resultsOf(columns: MetricColumns): RunResults {
  const training = trainingOf(columns, 'reward');
  return { training, heldOut: heldOutOf(columns, 'eval_reward'), seconds: secondsTrained(columns) };
}

/** Seconds spent in steps, evaluations and checkpoints; null where none were measured. */
export function secondsTrained(columns: MetricColumns): number | null {
  let seconds: number | null = null;
  for (const key of TIMES)
    for (const time of columns.values(key)?.subarray(0, columns.length) ?? [])
      if (!Number.isNaN(time)) seconds = (seconds ?? 0) + time;
  return seconds;
}

/** Of any metric of training: its mean over the last steps, and the highest such mean. */
export const trainingOf = (columns: MetricColumns, key: string): RunMeasure | null =>
  runMeasure({ ...stepsOf(columns), reward: columns.values(key), evalReward: undefined }) ?? null;

/** Of any metric of evaluations: the last, and the highest. */
export const heldOutOf = (columns: MetricColumns, key: string): RunMeasure | null =>
  runMeasure({ ...stepsOf(columns), reward: undefined, evalReward: columns.values(key) }) ?? null;

/** Where a run is, by any metric: the last value of those of evaluations, the mean of the last steps of others; null where it has none. */
export const latestOf = (columns: MetricColumns, key: string): number | null =>
  (key.startsWith('eval_') ? heldOutOf(columns, key) : trainingOf(columns, key))?.reward ?? null;

const stepsOf = ({ steps, length }: MetricColumns): Pick<MeasuredSteps, 'steps' | 'length'> => ({ steps, length });
