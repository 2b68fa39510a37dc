import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readTextLater } from '../files/text.ts';
import type { EvaluatedCompletion } from '../protocol/dashboard-completion.ts';
import { RUN_FILES, stepName, stepOfName } from '../protocol/run-folder.ts';
import { NOT_A_COMPLETION, parseEvaluated } from './rollouts.ts';
import { parseRows } from './rows.ts';

const placeOf = (run: string): string => join(run, RUN_FILES.evaluations);

/** After which steps a run has recorded completions of its held-out prompts, in ascending order; 0: before the first. */
export async function evaluatedSteps(run: string): Promise<number[]> {
  const names = await readdir(placeOf(run)).catch(() => []);
  const steps = names.filter((name) => name.endsWith('.jsonl')).flatMap((name) => stepOfName(name) ?? []);
  return steps.sort((a, b) => a - b);
}

/** The completions of an evaluation, without their token ids. */
export async function readEvaluation(run: string, step: number): Promise<EvaluatedCompletion[]> {
  const file = join(placeOf(run), `${stepName(step)}.jsonl`);
  return parseRows(await readTextLater(file, RUN_FILE), { file, parse: parseEvaluated, problem: NOT_A_COMPLETION });
}
