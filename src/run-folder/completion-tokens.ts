import { join } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readTextLater } from '../files/text.ts';
import type { CompletionTokens } from '../protocol/completion-tokens.ts';
import { type RolloutRow, RUN_FILES, stepName, type UpdatedRow } from '../protocol/run-folder.ts';
import { rolloutsFile } from './rollouts.ts';
import { parseRows } from './rows.ts';

/** The completions of a group token by token, with what was computed of each token. Rejects when the step has no rollouts file. */
export async function readCompletionTokens(run: string, step: number, group: number): Promise<CompletionTokens[]> {
  const [rollouts, updates] = await Promise.all([
    readTextLater(rolloutsFile(run, step), RUN_FILE),
    // Not there before the step's update is done, nor in runs of an earlier release.
    readTextLater(join(run, RUN_FILES.updates, `${stepName(step)}.jsonl`), RUN_FILE).catch(() => ''),
  ]);
  const updated = parseRows(updates) as UpdatedRow[];
  return (parseRows(rollouts) as RolloutRow[]).flatMap((rollout, row) =>
    rollout.group === group ? [tokensOf(rollout, row, updated[row])] : [],
  );
}

function tokensOf(rollout: RolloutRow, row: number, updated: UpdatedRow | undefined): CompletionTokens {
  const { completion_ids: ids, token_ends: ends, logprobs, advantages } = rollout;
  const tokens = { row, ids, ends, logprobs, advantages, ...updated };
  // A list of another length is not of these tokens: someone has edited the file.
  const fitting = Object.entries(tokens).filter(([, list]) => !Array.isArray(list) || list.length === ids.length);
  return Object.fromEntries(fitting.filter(([, list]) => list !== undefined)) as CompletionTokens;
}
