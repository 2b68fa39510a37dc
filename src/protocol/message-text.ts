import type { ChatMessage, Prompt } from './rewards.ts';

/** A message's words: nothing for a turn that only calls tools, the texts of its parts where it has parts. */
export function messageText({ content }: ChatMessage): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map(({ text }) => text ?? '').join('');
}

/** All words of a prompt. */
export const promptText = (prompt: Prompt): string =>
  typeof prompt === 'string' ? prompt : prompt.map(messageText).join('\n');

/** What the question is, on one line: of a chat its last user message. */
export function promptTitle(prompt: Prompt): string {
  const text =
    typeof prompt === 'string' ? prompt : messageText(prompt.findLast(({ role }) => role === 'user') ?? prompt.at(-1)!);
  return text.replaceAll(/\s+/g, ' ').trim();
}
