import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { ChatMessage, ContentPart, Prompt } from '../protocol/rewards.ts';

/** A row's prompt, a text or chat messages; `name` is its column's. Throws BadInput for anything else, and for an empty one. */
export function readPrompt(prompt: unknown, name: string, at: SourceLocation): Prompt {
  if (prompt === undefined || prompt === null)
    throw new BadInput(`This row has no "${name}" (a text, or a list of chat messages).`, at);
  if (typeof prompt === 'string' && prompt !== '') return prompt;
  if (Array.isArray(prompt) && prompt.length > 0)
    return prompt.map((message, index) => readMessage(message, `Message ${index} of the "${name}"`, at));
  const empty = prompt === '' || Array.isArray(prompt);
  throw new BadInput(
    empty ? `The "${name}" is empty.` : `The "${name}" must be a text, or a list of { "role", "content" } messages.`,
    at,
  );
}

function readMessage(message: unknown, what: string, at: SourceLocation): ChatMessage {
  const { role, content, tool_calls: calls } = (message ?? {}) as Partial<ChatMessage>;
  if (typeof role !== 'string') throw new BadInput(`${what} must have a "role", a text.`, at);
  // Null and parts are for the chat template to write, or to refuse.
  const isContent = typeof content === 'string' || content === null || isParts(content);
  if (!isContent && !(content === undefined && Array.isArray(calls)))
    throw new BadInput(
      `${what} must have a "content": a text, a list of parts such as { "type": "text", "text": "..." }, or null.`,
      at,
    );
  return message as ChatMessage;
}

function isParts(content: unknown): boolean {
  const isPart = (part: unknown) =>
    typeof part === 'object' && part !== null && ['string', 'undefined'].includes(typeof (part as ContentPart).text);
  return Array.isArray(content) && content.every(isPart);
}
