import { messageText } from '../src/protocol/message-text.ts';
import type { Prompt } from '../src/protocol/rewards.ts';
import { el } from './dom.ts';
import { markedText } from './marked-text.ts';

/** A prompt as it was written, with the hits of a search marked: of a chat each message with its role. */
export function promptBlock(prompt: Prompt, search = ''): HTMLElement {
  if (typeof prompt === 'string') return el('pre', { class: 'prompt' }, ...markedText(prompt, search));
  const messages = prompt.map((message) => {
    const calls = message.tool_calls ? [el('pre', {}, JSON.stringify(message.tool_calls, null, 2))] : [];
    const text = el('pre', {}, ...markedText(messageText(message), search));
    return el('div', { class: 'prompt-message' }, el('span', { class: 'role' }, message.role), text, ...calls);
  });
  return el('div', { class: 'prompt' }, ...messages);
}
