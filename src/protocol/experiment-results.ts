import * as z from 'zod';

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

/** Over the runs that are done: their mean, the lowest and the highest. */
const rewardRange = z.object({ mean: z.number(), low: z.number(), high: z.number() });
export type RewardRange = z.infer<typeof rewardRange>;

const stageResult = z.object({
  /** Null: before the first stage. */
  name: z.string().nullable(),
  /** After which step of the run it was measured. */
  step: z.int(),
  /** The held-out reward: the sum of the functions with their weights; null where none gave a score. */
  reward: rewardRange.nullable(),
  /** Each function's mean. */
  rewards: z.record(z.string(), rewardRange.nullable()),
});
export type StageResult = z.infer<typeof stageResult>;

const settingResult = z.object({
  label: z.string(),
  /** The same by part: what each of the things that vary is. */
  choices: z.array(z.string()),
  /** `path=value` each. */
  set: z.array(z.string()),
  runs: z.array(experimentRun),
  /** What was measured before the first stage and after each one; empty for runs without stages or held-out prompts. */
  stages: z.array(stageResult),
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

/** `0.81 (0.78 – 0.84)`. */
export const rangeText = (range: RewardRange | null | undefined): string =>
  range ? `${range.mean.toFixed(2)} (${range.low.toFixed(2)} – ${range.high.toFixed(2)})` : '–';

/** What a setting was measured at: `cold start`. */
export const stageName = ({ name }: StageResult): string => name ?? 'before training';

/** The reward functions of all stages, in their order. */
export const stageFunctions = (settings: readonly Pick<SettingResult, 'stages'>[]): string[] => [
  ...new Set(settings.flatMap(({ stages }) => stages.flatMap(({ rewards }) => Object.keys(rewards)))),
];

/** `3.81 ± 0.24`; without a deviation where there is only one run. */
export const meanText = ({ mean, deviation }: Average): string => {
  if (mean === null) return '–';
  return deviation === null ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${deviation.toFixed(2)}`;
};
