// zod/mini, because the dashboard's bundle carries it too.
import * as z from 'zod/mini';
import type { ImportedRun } from './run-folder.ts';

/** The model's name in the config of a run whose files do not tell it. */
export const UNKNOWN_MODEL = 'unknown';

/** Why a run cannot be continued or repeated. */
export const trainedElsewhere = ({ from, folder }: ImportedRun): string => {
  const here = from === 'TRL' ? ', or a checkpoint of it here (grpo import checkpoint)' : '';
  return `${from} trained this run in ${folder}: continue it there${here}.`;
};

/** Why a completion cannot be shown token by token. */
export const tokensUnknown = ({ from }: ImportedRun): string =>
  from === 'prime-rl'
    ? 'Completions that are imported from prime-rl have no tokens here: the tokenizer that could show them is not in its log.'
    : `${from} did not log the token ids of this completion.`;

/** The line of `grpo import --json`: the run folder is there, with all that there was to read. */
export const importedLine = z.object({
  type: z.literal('imported'),
  run: z.string(),
  step: z.int().check(z.minimum(0)),
  /** The training has come to its end: nothing more will follow. */
  done: z.boolean(),
});
export type ImportedLine = z.infer<typeof importedLine>;
