import { existsSync, readdirSync } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { RUN_FILE } from '../files/open-file.ts';
import { readText, readTextLater } from '../files/text.ts';
import type { Completion, EvaluatedCompletion } from '../protocol/dashboard-completion.ts';
import { BadInput } from '../protocol/errors.ts';
import { type RolloutRow, RUN_FILES, stepName, stepOfName } from '../protocol/run-folder.ts';
import { ExactJson, parseExact, withExact } from '../text/exact-json.ts';
import { failureOf } from './old-failure.ts';
import { parseRows } from './rows.ts';

const placeOf = (run: string): string => join(run, RUN_FILES.rollouts);
/** Where a step's rollouts are. */
export const rolloutsFile = (run: string, step: number): string => join(placeOf(run), `${stepName(step)}.jsonl`);

const stepsOf = (names: readonly string[]): number[] =>
  names
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => stepOfName(name) ?? [])
    .sort((a, b) => a - b);

/** As `recordedSteps`, for a process that must not wait for a disk; none where there are none. */
export const listSteps = async (run: string): Promise<number[]> => stepsOf(await readdir(placeOf(run)).catch(() => []));

/** The steps that have a rollouts file, in ascending order. Throws BadInput when there is none. */
export function recordedSteps(run: string): number[] {
  let names: string[] = [];
  try {
    names = readdirSync(placeOf(run));
  } catch {
    // As good as empty.
  }
  const steps = stepsOf(names);
  if (steps.length === 0) throw new BadInput(`There are no recorded completions in ${placeOf(run)} yet.`);
  return steps;
}

/**
 * The newest step whose completions can be read, of a run of which `finished` steps are done: that which is being trained has them, too, and
 * those of a supervised stage have none.
 */
export async function newestRollouts(run: string, finished: number): Promise<number> {
  for (const step of [finished + 1, finished]) {
    const there = await access(rolloutsFile(run, step)).then(
      () => true,
      () => false,
    );
    if (there) return step;
  }
  return (await listSteps(run)).findLast((step) => step <= finished) ?? finished;
}

/** What is shown of a completion; the file may have been edited. */
const shownRow = z.looseObject({
  group: z.int(),
  prompt: z.union([z.string(), z.array(z.looseObject({ role: z.string() }))]),
  completion: z.string(),
  prompt_ids: z.array(z.int()).optional(),
  completion_ids: z.array(z.int()).optional(),
  rewards: z.record(z.string(), z.number().nullable()),
  reward: z.number().nullable(),
  length: z.number(),
  truncated: z.boolean(),
  error: z.string().nullable(),
  columns: z.record(z.string(), z.unknown()).optional(),
  details: z.record(z.string(), z.looseObject({ reason: z.string(), extracted: z.string() }).partial()).optional(),
});
const trainedRow = shownRow.extend({ advantage: z.number() });
const rolloutRow = trainedRow.extend({ completion_ids: z.array(z.int()) });

/** Whether this is what runs record of a completion, be it of training or of an evaluation. */
export const isCompletion = (row: unknown): boolean => shownRow.safeParse(row).success;

/** The rows of a step's rollouts file, without a torn last one; undefined when there is none any more. */
export function readRollouts(run: string, step: number): RolloutRow[] | undefined {
  const file = rolloutsFile(run, step);
  if (!existsSync(file)) return undefined;
  const problem = 'This line is not a completion; exclude the step with --steps.';
  return parseRows(readText(file, RUN_FILE), { file, parse: parseRow, problem });
}

/** With its columns and messages exactly as they were recorded. */
function parseRow(line: string): RolloutRow {
  const row = parseExact(line) as RolloutRow;
  rolloutRow.parse(row);
  return row.columns ? { ...row, columns: withExact(row.columns) } : row;
}

/** Completions of a step to be looked at, without their token ids: those are as long as the text. */
export async function readCompletions(run: string, step: number): Promise<Completion[]> {
  const file = rolloutsFile(run, step);
  return parseRows(await readTextLater(file, RUN_FILE), { file, parse: parseCompletion, problem: NOT_A_COMPLETION });
}

export const NOT_A_COMPLETION = 'This line is not a completion as a run records it; restore the file, or delete it.';

/** A line of a rollouts file as the dashboard gets it. Throws at what is none. */
export const parseCompletion = (line: string): Completion => shown(line, trainedRow) as Completion;

/** The same of a line of an evaluation's file. */
export const parseEvaluated = (line: string): EvaluatedCompletion => shown(line, shownRow);

function shown(line: string, form: z.ZodType): EvaluatedCompletion {
  const row = parseExact(line) as RolloutRow;
  form.parse(row);
  const failure = failureOf(row);
  const { prompt_ids, completion_ids, logprobs, token_ends, ...rest }: RolloutRow = row;
  const completion = failure ? { ...rest, failure } : rest;
  const { prompt, columns } = completion;
  const exact = Object.entries({ ...withExact(columns ?? {}), ...withExact({ prompt }) }).flatMap(([name, value]) =>
    value instanceof ExactJson ? [[name, value.text]] : [],
  );
  return exact.length === 0 ? completion : { ...completion, exact: Object.fromEntries(exact) };
}
