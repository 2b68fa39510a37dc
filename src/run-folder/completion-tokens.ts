import { join } from 'node:path';
import * as z from 'zod';
import { RUN_FILE } from '../files/open-file.ts';
import { readTextLater } from '../files/text.ts';
import type { CompletionTokens } from '../protocol/completion-tokens.ts';
import { type RolloutRow, RUN_FILES, stepName, type UpdatedRow } from '../protocol/run-folder.ts';
import { NOT_A_COMPLETION, rolloutsFile } from './rollouts.ts';
import { parseRows } from './rows.ts';

/** The completions of a group token by token, with what was computed of each token. Rejects when the step has no rollouts file. */
export async function readCompletionTokens(run: string, step: number, group: number): Promise<CompletionTokens[]> {
  const [rolloutsPlace, updatesPlace] = [
    rolloutsFile(run, step),
    join(run, RUN_FILES.updates, `${stepName(step)}.jsonl`),
  ];
  const [rollouts, updates] = await Promise.all([
    readTextLater(rolloutsPlace, RUN_FILE),
    // Not there before the step's update is done, nor in runs of an earlier release.
    readTextLater(updatesPlace, RUN_FILE).catch(() => ''),
  ]);
  const updated = parseRows(updates, { file: updatesPlace, parse: parseUpdated, problem: NOT_FIGURES });
  const rows = parseRows(rollouts, { file: rolloutsPlace, parse: parseTokens, problem: NOT_A_COMPLETION });
  return rows.flatMap((rollout, row) => (rollout.group === group ? [tokensOf(rollout, row, updated[row])] : []));
}

const NOT_FIGURES = "This line does not have the figures of a completion's tokens; restore the file, or delete it.";

type Tokens = Pick<RolloutRow, 'group' | 'completion_ids' | 'token_ends' | 'logprobs' | 'advantages'>;
const numbers = z.array(z.number());
const tokens = z.looseObject({
  group: z.int(),
  completion_ids: numbers,
  token_ends: numbers.optional(),
  logprobs: z.array(z.number().nullable()).optional(),
  advantages: numbers.optional(),
});
const figures = z.looseObject({
  entropies: numbers.optional(),
  ratios: numbers.optional(),
  kl: numbers.optional(),
  weight: z.number().optional(),
});

const parseTokens = (line: string): Tokens => tokens.parse(JSON.parse(line));
const parseUpdated = (line: string): UpdatedRow => figures.parse(JSON.parse(line));

function tokensOf(rollout: Tokens, row: number, updated: UpdatedRow | undefined): CompletionTokens {
  const { completion_ids: ids, token_ends: ends, logprobs, advantages } = rollout;
  const tokens = { row, ids, ends, logprobs, advantages, ...updated };
  // A list of another length is not of these tokens: someone has edited the file.
  const fitting = Object.entries(tokens).filter(([, list]) => !Array.isArray(list) || list.length === ids.length);
  return Object.fromEntries(fitting.filter(([, list]) => list !== undefined)) as CompletionTokens;
}
