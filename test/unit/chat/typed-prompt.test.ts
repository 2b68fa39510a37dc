import { describe, expect, test } from 'vitest';
import { isChat, nextTurn, typedPrompt } from '../../../src/chat/typed-prompt.ts';

describe('a typed text', () => {
  test('takes the place of the one column that the template reads, with the system message and the beginning of the answer', () => {
    const mapping = { system: 'Be brief.', user: 'Solve: {{ question }}', prefill: '<think>' };
    expect(typedPrompt('2 + 3', { mapping, example: undefined, hasTemplate: true })).toEqual({
      prompt: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Solve: 2 + 3' },
        { role: 'assistant', content: '<think>', prefix: true },
      ],
      columns: { question: '2 + 3' },
    });
  });

  test('is the message itself where the template reads several columns; a system message that needs them is skipped', () => {
    const mapping = { system: 'Level {{ level }}', user: '{{ a }} and {{ b }}' };
    expect(typedPrompt('hello', { mapping, example: undefined, hasTemplate: true })).toEqual({
      prompt: [{ role: 'user', content: 'hello' }],
      columns: {},
    });
  });

  test('is a text where the run has texts, also for a model with a chat template', () => {
    const plain = { mapping: null, example: 'Sort 3 1:', hasTemplate: true };
    expect(isChat(plain)).toBe(false);
    expect(typedPrompt('Sort 2 1:', plain)).toEqual({ prompt: 'Sort 2 1:', columns: {} });
    const mapping = { text: 'Q: {{ question }}\nA:' };
    expect(typedPrompt('why?', { mapping, example: undefined, hasTemplate: true })).toEqual({
      prompt: 'Q: why?\nA:',
      columns: { question: 'why?' },
    });
  });

  test('follows the system message of a dataset of messages', () => {
    const example = [
      { role: 'system', content: 'You add.' },
      { role: 'user', content: '1 + 1' },
    ];
    const { prompt } = typedPrompt('2 + 2', { mapping: null, example, hasTemplate: true });
    expect(prompt).toEqual([example[0], { role: 'user', content: '2 + 2' }]);
  });

  test('of a named column is that column too, which rewards may read', () => {
    const { columns } = typedPrompt('2 + 2', { mapping: 'question', example: '1 + 1', hasTemplate: false });
    expect(columns).toEqual({ question: '2 + 2' });
  });
});

test('the next turn has the whole answer behind it, its given beginning included, and begins the same way', () => {
  const begun = { role: 'assistant', content: '<think>', prefix: true };
  const first = [{ role: 'user', content: '2 + 3' }, begun];
  expect(nextTurn(first, '5</think>', 'and 4?')).toEqual([
    { role: 'user', content: '2 + 3' },
    { role: 'assistant', content: '<think>5</think>' },
    { role: 'user', content: 'and 4?' },
    begun,
  ]);
});
