import { join } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readTextLater } from '../files/text.ts';
import { fateOf, type ProcessFate, type ProcessIdentity } from '../processes/identity.ts';
import type { Completion } from '../protocol/dashboard.ts';
import { parseJsonLines, type RolloutRow, RUN_FILES, type RunInfo, runInfo, stepName } from '../protocol/run-folder.ts';
import { ExactJson, parseExact, withExact } from '../text/exact-json.ts';
import { failureOf } from './old-failure.ts';

/** `run.json`, or undefined when there is none that can be read. */
export async function readRunInfo(folder: string): Promise<RunInfo | undefined> {
  try {
    return runInfo.parse(JSON.parse(await readTextLater(join(folder, RUN_FILES.info), RUN_FILE)));
  } catch {
    return undefined;
  }
}

/** Completions of a step, without their token ids: those are as long as the text, and nobody looks at them here. */
export async function readCompletions(folder: string, step: number): Promise<Completion[]> {
  const text = await readTextLater(join(folder, RUN_FILES.rollouts, `${stepName(step)}.jsonl`), RUN_FILE);
  return parseJsonLines(text, readCompletion) as Completion[];
}

function readCompletion(line: string): Completion {
  const row = parseExact(line) as RolloutRow;
  const failure = failureOf(row);
  const { prompt_ids: _, completion_ids: __, ...shown }: RolloutRow = row;
  const completion = failure ? { ...shown, failure } : shown;
  const { prompt, columns } = completion;
  const exact = Object.entries({ ...withExact(columns ?? {}), ...withExact({ prompt }) }).flatMap(([name, value]) =>
    value instanceof ExactJson ? [[name, value.text]] : [],
  );
  return exact.length === 0 ? completion : { ...completion, exact: Object.fromEntries(exact) };
}

/** Whether a trainer is alive that holds this folder; one that cannot be seen from here counts as alive. */
export const isWritten = async (folder: string): Promise<boolean> => (await writerOf(folder)) !== 'gone';

/** What is known of the trainer that last claimed this folder. */
export async function writerOf(folder: string): Promise<ProcessFate> {
  try {
    return fateOf(JSON.parse(await readTextLater(join(folder, RUN_FILES.lock), RUN_FILE)) as ProcessIdentity);
  } catch {
    return 'gone';
  }
}
