import { expect, test } from 'vitest';
import { chatPromptAdvice } from '../../../src/preview/chat-prompts.ts';
import type { PromptMapping } from '../../../src/protocol/inputs-config.ts';

test.each<[PromptMapping | null, string]>([
  [null, '{{ prompt }}'],
  ['question', '{{ question }}'],
  ['extra.question', '{{ extra.question }}'],
  [{ text: 'Q: {{ question }}\nA:' }, 'Q: {{ question }}\nA:'],
])('chat messages in place of %j', (prompt, user) => {
  expect(chatPromptAdvice(prompt)).toEqual({ remedy: { action: 'set', path: ['prompt'], value: { user } } });
});

test('a column that a template cannot name, and prompts that are chat messages', () => {
  expect(chatPromptAdvice('the question')).toEqual({});
  expect(chatPromptAdvice({ user: '{{ question }}' })).toEqual({ words: expect.stringContaining('already') });
});
