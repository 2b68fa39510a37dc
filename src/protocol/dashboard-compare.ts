import * as z from 'zod/mini';
import { evaluatedCompletion } from './dashboard-completion.ts';

const step = z.int().check(z.minimum(0));
const rows = z.nullable(z.int());

/** What the host tells the dashboard's Compare tab. */
export const compareHostMessages = [
  /** Folders of runs that differ in nothing but their seed, at least two seeds in each list. */
  z.object({ type: z.literal('seedSets'), sets: z.array(z.array(z.string())) }),
  /** What of a run only its folder knows; rows of datasets that are still as the run read them, else null. */
  z.object({
    type: z.literal('runContents'),
    folder: z.string(),
    versions: z.record(z.string(), z.string()),
    rows: z.object({ dataset: rows, evalDataset: rows }),
  }),
  /** A file of reward code as this run keeps it, and as an overlaid run does; null where one has none. */
  z.object({
    type: z.literal('rewardCode'),
    folder: z.string(),
    name: z.string(),
    own: z.nullable(z.string()),
    other: z.nullable(z.string()),
  }),
  /** A run's completions of its held-out prompts after a step; `steps`: all that have some; `step` null: none has. */
  z.object({
    type: z.literal('runEvaluation'),
    folder: z.string(),
    steps: z.array(step),
    step: z.nullable(step),
    rows: z.array(evaluatedCompletion),
    problem: z.nullable(z.string()),
  }),
] as const;

/** What that asks of the host. */
export const compareMessages = [
  /** The table of runs is in sight: read what came of each. */
  z.object({ type: z.literal('runResults') }),
  z.object({ type: z.literal('runContents'), folder: z.string() }),
  /** `name` as in `rewardSources`. */
  z.object({ type: z.literal('rewardCode'), folder: z.string(), name: z.string() }),
  /** Null: the last one. */
  z.object({ type: z.literal('runEvaluation'), folder: z.string(), step: z.nullable(step) }),
] as const;
