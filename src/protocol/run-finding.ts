import { z } from 'zod';
import { type Finding, finding } from './finding.ts';

/** A completion in a run: the row of a step's rollouts file, from 0. */
export interface ExampleRow {
  step: number;
  group: number;
  row: number;
}

/** Something that a run's steps show. Unlike other findings it has a place in the run: steps, curves, completions. */
export interface RunFinding extends Finding {
  /** A few words for a heading: `Completions collapse in length`. */
  title: string;
  /** The first and the last step that show it. */
  steps: { first: number; last: number };
  /** Keys of the metrics whose curves show it. */
  metrics: string[];
  /** Completions that show it, the best example first. */
  examples?: ExampleRow[] | undefined;
}

const step = z.int().min(0);

/** Checks a finding that another process sends. */
export const runFinding = finding.extend({
  title: z.string(),
  steps: z.object({ first: step, last: step }),
  metrics: z.array(z.string()),
  examples: z.array(z.object({ step, group: z.int().min(0), row: z.int().min(0) })).optional(),
}) satisfies z.ZodType<RunFinding>;
