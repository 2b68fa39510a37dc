import { expect, test } from 'vitest';
import { chatPrompts } from '../../../src/preview/chat-prompts.ts';
import type { PromptMapping } from '../../../src/protocol/run-config.ts';

test.each<[PromptMapping | null, object | undefined]>([
  [null, { user: '{{ prompt }}' }],
  ['question', { user: '{{ question }}' }],
  [{ text: 'Q: {{ question }}\nA:' }, { user: 'Q: {{ question }}\nA:' }],
  ['extra.question', { user: '{{ extra.question }}' }],
  // No name in a template.
  ['the question', undefined],
  [{ user: '{{ question }}' }, undefined],
])('chat messages in place of %j', (prompt, value) => {
  expect(chatPrompts(prompt)).toEqual(value && { action: 'set', path: ['prompt'], value });
});
