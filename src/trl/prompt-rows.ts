import type { DatasetRow } from '../data/dataset.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { BadInput } from '../protocol/errors.ts';
import type { Prompt } from '../protocol/rewards.ts';
import { stringifyExact } from '../text/exact-json.ts';

/** A line of a data file: the prompt, and the columns that rewards get. */
export function dataLine(row: DatasetRow, tokenizer: Tokenizer, variables: Record<string, unknown>): string {
  return `${stringifyExact({ prompt: promptFor(row, tokenizer, variables), ...withoutPrompt(row.columns) })}\n`;
}

const withoutPrompt = ({ prompt: _, ...columns }: Record<string, unknown>) => columns;

/**
 * The prompt as TRL takes it. Its chat template always begins an answer of its own, so a conversation that ends with the beginning of one goes
 * rendered, as text. Throws BadInput where the text would have other tokens.
 */
function promptFor({ prompt, at }: DatasetRow, tokenizer: Tokenizer, variables: Record<string, unknown>): Prompt {
  if (typeof prompt === 'string' || prompt.at(-1)?.role !== 'assistant') return prompt;
  const wanted = tokenizer.encodePrompt(prompt, { variables }).ids.join();
  const text = tokenizer.renderChat(prompt, { variables });
  // The template may have written a token that TRL's tokenizer adds again.
  const first = tokenizer.decode(tokenizer.encodePrompt(text, {}).ids.slice(0, 1));
  for (const candidate of [text, text.startsWith(first) ? text.slice(first.length) : text])
    if (tokenizer.encodePrompt(candidate, {}).ids.join() === wanted) return candidate;
  throw new BadInput(
    'This prompt begins the answer, and as plain text, which TRL would need, it has other tokens.',
    at,
  );
}
