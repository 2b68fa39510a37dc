import { messageText } from '../src/protocol/message-text.ts';
import type { Prompt } from '../src/protocol/rewards.ts';
import { el } from './dom.ts';

/** A prompt as it was written: of a chat each message with its role. */
export function promptBlock(prompt: Prompt): HTMLElement {
  if (typeof prompt === 'string') return el('pre', { class: 'prompt' }, prompt);
  const messages = prompt.map((message) => {
    const calls = message.tool_calls ? [el('pre', {}, JSON.stringify(message.tool_calls, null, 2))] : [];
    return el('div', {}, el('span', { class: 'role' }, message.role), el('pre', {}, messageText(message)), ...calls);
  });
  return el('div', { class: 'prompt' }, ...messages);
}
