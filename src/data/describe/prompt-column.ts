import type { JsonObject } from '../../files/json-lines.ts';
import { own } from '../../text/own.ts';
import { isConversation } from './conversation.ts';

/** Names of columns with the prompt, the most likely first. */
const NAMES = [
  ...['prompt', 'question', 'problem', 'instruction', 'query', 'messages', 'conversations', 'conversation', 'input'],
  ...['text', 'task', 'problem_statement', 'question_text', 'input_text', 'instructions', 'content'],
];

/** Which of the rows' columns holds prompts, by its name and values; undefined where none looks like it. */
export function columnOfPrompt(rows: readonly JsonObject[], names: readonly string[]): string | undefined {
  const isPrompt = (value: unknown) => (typeof value === 'string' && value !== '') || isConversation(value);
  const usable = names.filter((name) => rows.some((row) => isPrompt(own(row, name))));
  return NAMES.flatMap((wanted) => usable.filter((name) => plain(name) === plain(wanted)))[0];
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]/g, '');
