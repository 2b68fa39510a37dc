import { z } from 'zod';

const reward = z.number().nullable();

/** A run of an experiment, as its folder tells. */
const experimentRun = z.object({
  seed: z.number(),
  /** Its run folder; null where there is none yet. */
  folder: z.string().nullable(),
  state: z.enum(['done', 'failed', 'training', 'unfinished', 'missing']),
  step: z.int(),
  /** By the run's measure: the last, and the best. Null before the first reward. */
  reward,
  best: reward,
  /** Of the experiment's `metrics`, by heading; null where the run has none. */
  metrics: z.record(z.string(), reward),
  /** Seconds that its steps, evaluations and checkpoints took. */
  seconds: reward,
  /** Why it failed, where it did. */
  failure: z.string().nullable(),
});
export type ExperimentRunResult = z.infer<typeof experimentRun>;

/** Over the runs that are done: their mean, and their sample standard deviation (null for fewer than two). */
const average = z.object({ mean: reward, deviation: reward });
export type Average = z.infer<typeof average>;

const settingResult = z.object({
  label: z.string(),
  /** The same by part: what each of the things that vary is. */
  choices: z.array(z.string()),
  /** `path=value` each. */
  set: z.array(z.string()),
  runs: z.array(experimentRun),
  /** Over the runs that are done, of which there are `done`: mean of their rewards, their sample standard deviation (null for fewer than two), mean of their bests. */
  done: z.int(),
  mean: reward,
  deviation: reward,
  best: reward,
  /** The same of the experiment's `metrics`, by heading. */
  metrics: z.record(z.string(), average),
});
export type SettingResult = z.infer<typeof settingResult>;

/** What an experiment came to: the last line of `grpo compare --json`. Rewards are means over completions, summed over functions with their weights. */
export const experimentResults = z.object({
  type: z.literal('results'),
  name: z.string(),
  file: z.string(),
  base: z.string(),
  /** What `reward` is, such as `held-out reward`. */
  measure: z.string(),
  /** Further columns: headings, and the metrics below them. */
  metrics: z.record(z.string(), z.string()),
  settings: z.array(settingResult),
  /** The HTML page with the table and the curves. */
  page: z.string(),
});
export type ExperimentResults = z.infer<typeof experimentResults>;

/** What `grpo compare --json` prints before, a line for each run that it has trained. */
const trainedRun = z.object({
  type: z.literal('run'),
  setting: z.string(),
  seed: z.number(),
  folder: z.string(),
  outcome: z.enum(['done', 'stopped', 'failed']),
  error: z.string().optional(),
});

export const experimentLine = z.discriminatedUnion('type', [trainedRun, experimentResults]);
export type ExperimentLine = z.infer<typeof experimentLine>;

/** `3.81 ± 0.24`; without a deviation where there is only one run. */
export const meanText = ({ mean, deviation }: Average): string => {
  if (mean === null) return '–';
  return deviation === null ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${deviation.toFixed(2)}`;
};
