import type { ChatMessage, Prompt } from './rewards.ts';

/**
 * Takes off the beginning of the answer: a last message of the assistant's with `prefix: true` (as in the APIs of Mistral and DeepSeek). The
 * model continues from there. Without the mark it is a turn like any other, as in TRL.
 */
export function splitPrefix(messages: ChatMessage[]): { asked: ChatMessage[]; begun: string } {
  const last = messages.at(-1);
  const isPrefix = last?.role === 'assistant' && last.prefix === true && typeof last.content === 'string';
  return isPrefix ? { asked: messages.slice(0, -1), begun: last.content as string } : { asked: messages, begun: '' };
}

/** The prompt as reward functions get it: `prompts[0][-1]` is the question, as they expect. `renderedPrompt` has the beginning of the answer too. */
export const askedPrompt = (prompt: Prompt): Prompt =>
  typeof prompt === 'string' ? prompt : splitPrefix(prompt).asked;
