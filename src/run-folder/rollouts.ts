import { existsSync, readdirSync } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RUN_FILE } from '../files/open-file.ts';
import { readText, readTextLater } from '../files/text.ts';
import type { Completion } from '../protocol/dashboard-completion.ts';
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

/** What is read of a row; the file may have been edited. */
const rolloutRow = z.looseObject({
  group: z.int(),
  prompt: z.union([z.string(), z.array(z.looseObject({ role: z.string() }))]),
  completion: z.string(),
  completion_ids: z.array(z.int()),
  rewards: z.record(z.string(), z.number().nullable()),
  reward: z.number().nullable(),
  advantage: z.number(),
  columns: z.record(z.string(), z.unknown()).optional(),
});

/** The rows of a step's rollouts file, without a torn last one; undefined when there is none any more. */
export function readRollouts(run: string, step: number): RolloutRow[] | undefined {
  const file = rolloutsFile(run, step);
  if (!existsSync(file)) return undefined;
  const text = readText(file, RUN_FILE);
  try {
    const rows = parseRows(text, parseRow);
    z.array(rolloutRow).parse(rows);
    return rows as RolloutRow[];
  } catch {
    throw new BadInput('This file has lines that are not completions; exclude the step with --steps.', { file });
  }
}

/** With its columns and messages exactly as they were recorded. */
function parseRow(line: string): unknown {
  const row = parseExact(line) as RolloutRow;
  return row.columns ? { ...row, columns: withExact(row.columns) } : row;
}

/** Completions of a step to be looked at, without their token ids: those are as long as the text. */
export async function readCompletions(run: string, step: number): Promise<Completion[]> {
  return parseRows(await readTextLater(rolloutsFile(run, step), RUN_FILE), parseCompletion) as Completion[];
}

/** A line of a rollouts file, or of an evaluation's, as the dashboard gets it. */
export function parseCompletion(line: string): Completion {
  const row = parseExact(line) as RolloutRow;
  const failure = failureOf(row);
  const { prompt_ids, completion_ids, logprobs, token_ends, ...shown }: RolloutRow = row;
  const completion = failure ? { ...shown, failure } : shown;
  const { prompt, columns } = completion;
  const exact = Object.entries({ ...withExact(columns ?? {}), ...withExact({ prompt }) }).flatMap(([name, value]) =>
    value instanceof ExactJson ? [[name, value.text]] : [],
  );
  return exact.length === 0 ? completion : { ...completion, exact: Object.fromEntries(exact) };
}
