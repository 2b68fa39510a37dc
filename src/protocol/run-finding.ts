import * as z from 'zod';
import { type Finding, finding } from './finding.ts';

/** A completion in a run: the row of a step's rollouts file, from 0. */
export interface ExampleRow {
  step: number;
  group: number;
  row: number;
}

/** What a finding explains, and is shown as part of it. */
export type ExplainedFinding = Pick<RunFinding, 'kind' | 'title' | 'evidence' | 'metrics'>;

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
  /** Other findings that tell the same story. */
  also?: ExplainedFinding[] | undefined;
}

const step = z.int().min(0);

const explained = { title: z.string(), metrics: z.array(z.string()) };

/** Checks a finding that another process sends. */
export const runFinding = finding.extend({
  ...explained,
  steps: z.object({ first: step, last: step }),
  examples: z.array(z.object({ step, group: z.int().min(0), row: z.int().min(0) })).optional(),
  also: z.array(finding.pick({ kind: true, evidence: true }).extend(explained)).optional(),
}) satisfies z.ZodType<RunFinding>;
