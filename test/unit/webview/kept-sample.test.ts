import { expect, it } from 'vitest';
import { dashboardMessage } from '../../../src/protocol/dashboard.ts';
import { promptTitle } from '../../../src/protocol/message-text.ts';

const prompt = [
  { role: 'user', content: [{ type: 'text', text: '2+2?' }], name: 'Ann' },
  { role: 'assistant', content: null, tool_calls: [{ function: { name: 'sum', arguments: { a: 2 } } }] },
  { role: 'tool', content: '4', tool_call_id: '1' },
];

it('a chat is kept as a sample with all that its messages have', () => {
  const message = { type: 'sample', id: 1, sample: { prompt, completion: 'Four.', columns: {} } };
  expect(dashboardMessage.parse(message)).toEqual(message);
});

it("a chat's title is its last user message, in words", () => {
  expect(promptTitle(prompt)).toBe('2+2?');
  expect(promptTitle(prompt.slice(1, 2))).toBe('');
});
