import type { DatasetRow } from '../data/dataset.ts';
import type { Duplicates, PromptReport } from '../protocol/check-report.ts';
import { stringifyExact } from '../text/exact-json.ts';
import { promptLengths } from '../trainer/prompt-lengths.ts';
import type { PromptList } from '../trainer/prompt-list.ts';

/** Lengths of a run's prompts, and which of them are equal. */
export function promptReport(prompts: PromptList, heldOut: PromptList | undefined, context: number): PromptReport {
  const [training, evaluated] = [promptLengths(prompts), heldOut && promptLengths(heldOut)];
  const { within, trainedOn } = duplicatesOf(rowsOf(prompts), heldOut && rowsOf(heldOut));
  return {
    training: prompts.length,
    heldOut: heldOut?.length ?? null,
    shortest: Math.min(training.shortest, evaluated?.shortest ?? training.shortest),
    longest: Math.max(training.longest, evaluated?.longest ?? 0),
    context,
    skipped: prompts.skipped,
    beyond: training.beyond,
    duplicates: within,
    trainedOn,
  };
}

const rowsOf = (prompts: PromptList): DatasetRow[] =>
  Array.from({ length: prompts.length }, (_, index) => prompts.row(index));

type Located = Pick<DatasetRow, 'prompt' | 'at'>;

/** Prompts that repeat one before them, and held-out prompts that are also trained on. */
export function duplicatesOf(
  rows: readonly Located[],
  heldOut: readonly Located[] | undefined,
): { within: Duplicates; trainedOn: Duplicates | null } {
  const training = new Map<string, Located>();
  const within = pairsOf(rows, (row) => {
    const key = keyOf(row);
    const before = training.get(key);
    if (!before) training.set(key, row);
    return before;
  });
  return { within, trainedOn: heldOut ? pairsOf(heldOut, (row) => training.get(keyOf(row))) : null };
}

const keyOf = ({ prompt }: Located): string => (typeof prompt === 'string' ? prompt : stringifyExact(prompt));

/** `other` gives the prompt that another one repeats, if there is one. */
function pairsOf(rows: readonly Located[], other: (row: Located) => Located | undefined): Duplicates {
  const pairs = rows.flatMap((row) => {
    const before = other(row);
    return before ? [{ one: before.at, other: row.at }] : [];
  });
  return { count: pairs.length, ...(pairs[0] && { first: pairs[0] }) };
}
