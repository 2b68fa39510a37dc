import type { EncodedPrompt } from '../data/prompts.ts';
import type { Duplicates, PromptReport } from '../protocol/check-report.ts';

/** Lengths of a run's prompts, and which of them are equal for the model. */
export function promptReport(
  prompts: readonly EncodedPrompt[],
  heldOut: readonly EncodedPrompt[] | undefined,
  context: number,
): PromptReport {
  const all = [...prompts, ...(heldOut ?? [])];
  const training = new Map<string, EncodedPrompt>();
  const within = repeated(prompts, (prompt) => {
    const before = training.get(keyOf(prompt));
    if (!before) training.set(keyOf(prompt), prompt);
    return before;
  });
  return {
    training: prompts.length,
    heldOut: heldOut?.length ?? null,
    shortest: all.reduce((least, { ids }) => Math.min(least, ids.length), Number.POSITIVE_INFINITY),
    longest: all.reduce((most, { ids }) => Math.max(most, ids.length), 0),
    context,
    duplicates: within,
    trainedOn: heldOut ? repeated(heldOut, (prompt) => training.get(keyOf(prompt))) : null,
  };
}

/** What the model reads. */
const keyOf = ({ ids }: EncodedPrompt): string => ids.join(' ');

/** `other` gives the prompt that another one repeats, if there is one. */
function repeated(
  prompts: readonly EncodedPrompt[],
  other: (prompt: EncodedPrompt) => EncodedPrompt | undefined,
): Duplicates {
  const pairs = prompts.flatMap((prompt) => {
    const before = other(prompt);
    return before ? [{ one: before.at, other: prompt.at }] : [];
  });
  const located = pairs.find(({ one, other }) => one && other);
  return {
    count: pairs.length,
    ...(located && { first: { one: located.one!, other: located.other! } }),
  };
}
