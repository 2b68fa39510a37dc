import type { ChatMessage } from './rewards.ts';

/** A message's words: nothing for a turn that only calls tools, the texts of its parts where it has parts. */
export function messageText({ content }: ChatMessage): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map(({ text }) => text ?? '').join('');
}
