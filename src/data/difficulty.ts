import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import * as z from 'zod';
import { parseJsonLines } from '../files/json-lines.ts';
import type { FileKind } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { Finding } from '../protocol/finding.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { stringifyExact } from '../text/exact-json.ts';
import type { DatasetRow } from './dataset.ts';

const DIFFICULTY_FILE: FileKind = { what: 'difficulty file', most: 512e6 };

/** The first line of a difficulty file: what its completions were sampled and scored with. */
const settings = z.record(z.string(), z.unknown());
export type DifficultySettings = z.infer<typeof settings>;

/** A prompt of a dataset, and how the start model does on it. */
const measuredPrompt = z.object({
  /** Of its prompt and columns: see `promptKey`. */
  key: z.string(),
  /** How it begins, for people. */
  prompt: z.string(),
  /** Each completion's weighted sum of rewards; null without any. */
  rewards: z.array(z.number().nullable()),
  /** The share of completions that solved it; absent until all prompts are measured. */
  solve_rate: z.number().min(0).max(1).optional(),
});
export type MeasuredPrompt = z.infer<typeof measuredPrompt>;

export interface DifficultyFile {
  settings: DifficultySettings;
  prompts: MeasuredPrompt[];
}

/** Reads `NAME.difficulty.jsonl`, finished or not; of one whose writer was killed, a torn last line is dropped. Throws BadInput at file:line. */
export function readDifficulty(file: string, at?: SourceLocation): DifficultyFile {
  const text = readText(file, DIFFICULTY_FILE, at);
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const [first, ...rows] = parseJsonLines(whole, file);
  const head = z.object({ settings }).safeParse(first?.value);
  if (!head.success)
    throw new BadInput('This file was not written by `grpo check --difficulty`: its first line has no "settings".', {
      file,
      line: first?.line ?? 1,
    });
  const prompts = rows.map(({ value, line }) => {
    const parsed = measuredPrompt.safeParse(value);
    if (!parsed.success)
      throw new BadInput(
        'This line was not written by `grpo check --difficulty`; delete the file, and measure again.',
        {
          file,
          line,
        },
      );
    return parsed.data;
  });
  return { settings: head.data.settings, prompts };
}

/** Tells a dataset's rows apart by their prompts and columns, which are all that its rewards depend on; a column that is null does not count. */
export function promptKey({ prompt, columns }: Pick<DatasetRow, 'prompt' | 'columns'>): string {
  const known = Object.entries(columns).filter(([, value]) => value !== null);
  const sorted = known.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(stringifyExact([prompt, sorted]))
    .digest('base64url')
    .slice(0, 22);
}

/** The rows that a config's `difficulty` keeps; all of them without it. Throws BadInput at its place, `at`, when it cannot be applied. */
export function ofDifficulty(
  rows: DatasetRow[],
  filter: RunConfig['difficulty'],
  at: SourceLocation,
): { rows: DatasetRow[]; findings: Finding[] } {
  if (filter?.file === undefined) return { rows, findings: [] };
  const { file } = filter;
  if (!existsSync(file))
    throw new BadInput(
      `There are no solve rates yet: ${file} does not exist; \`grpo check --difficulty\` writes it.`,
      at,
    );
  const { prompts } = readDifficulty(file, at);
  const unfinished = prompts.length === 0 || prompts.some(({ solve_rate }) => solve_rate === undefined);
  if (unfinished)
    throw new BadInput(`The solve rates in ${file} are unfinished; \`grpo check --difficulty\` measures the rest.`, at);
  return withinDifficulty(rows, new Map(prompts.map(({ key, solve_rate }) => [key, solve_rate!])), {
    ...filter,
    file,
    at,
  });
}

/** Of some rows, those whose solve rate is within the limits. Throws BadInput where no row has a rate, or none is left. */
export function withinDifficulty(
  rows: DatasetRow[],
  solveRates: ReadonlyMap<string, number>,
  { min, max, file, at }: { min: number; max: number; file: string; at: SourceLocation },
): { rows: DatasetRow[]; findings: Finding[] } {
  const rated = rows.flatMap((row) => {
    const rate = solveRates.get(promptKey(row));
    return rate === undefined ? [] : [{ row, rate }];
  });
  if (rated.length === 0)
    throw new BadInput(
      `The solve rates in ${file} are those of another dataset: it has none of these ${rows.length} prompts. Delete it, and run \`grpo check --difficulty\` again.`,
      at,
    );
  const kept = rated.filter(({ rate }) => rate >= min && rate <= max);
  if (kept.length === 0) {
    const rates = rated.map(({ rate }) => rate);
    const [least, most] = [Math.min(...rates), Math.max(...rates)].map(percent);
    throw new BadInput(
      `No prompt is left: none of ${rated.length} is solved ${percent(min)} to ${percent(max)} of the time (they are solved ${least} to ${most} of the time); widen "difficulty".`,
      at,
    );
  }
  const unrated = rows.length - rated.length;
  const finding: Finding = {
    kind: 'unmeasured-prompts',
    severity: 'warning',
    evidence: `${unrated} of ${rows.length} prompts are skipped because ${file} has no solve rate for them; \`grpo check --difficulty\` measures them.`,
    place: at,
  };
  return { rows: kept.map(({ row, rate }) => ({ ...row, solveRate: rate })), findings: unrated > 0 ? [finding] : [] };
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
