import type { Sequence } from '../model/network/batch.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { BadInput } from '../protocol/errors.ts';

/** What turns off a reasoning that would come before the answer, in the templates that know it (Qwen3's). */
const VARIABLES = { enable_thinking: false };

/** What a model without a chat template continues. */
const ANSWER = '\n\nAnswer: ';

/**
 * A question with each of its answers, as token ids: one message for a model with a chat template, a text for others. Each is tokenized as a whole,
 * since the end of the question may share a token with the answer (a space does); what is the same in all of them is the prompt. Throws BadInput for a
 * question that the model has no room for.
 */
export function answerSequences(
  tokenizer: Tokenizer,
  question: string,
  answers: readonly string[],
  maxTokens: number,
): Sequence[] {
  const room = { tokens: maxTokens, at: undefined };
  const chat = tokenizer.hasChatTemplate;
  const asked = chat
    ? // One message: there are templates that refuse a system's.
      tokenizer.encodePrompt([{ role: 'user', content: question }], { variables: VARIABLES, room }).text
    : tokenizer.encodePrompt(question + ANSWER, { room }).text;
  const all = answers.map((answer) => tokenizer.encode(asked + answer, { addSpecialTokens: !chat }));
  const longest = Math.max(...all.map(({ length }) => length));
  if (longest > maxTokens)
    throw new BadInput(
      `The judge would read ${longest} tokens with its rubric, the prompt and the completion, and its model takes ${maxTokens}; shorten the rubric, or choose a model with a longer context.`,
    );
  const shared = sharedLength(all);
  return all.map((ids) => ({ promptIds: ids.slice(0, shared), completionIds: ids.slice(shared) }));
}

/** How many ids all lists begin with; at least one is left in each. */
function sharedLength(lists: readonly number[][]): number {
  const most = Math.min(...lists.map(({ length }) => length)) - 1;
  const [first = []] = lists;
  for (let length = 0; length < most; length++) if (lists.some((list) => list[length] !== first[length])) return length;
  return most;
}
