import { expect, test } from 'vitest';
import { TextChanges } from '../../../src/chat/text-changes.ts';

test('changes put together are the text, each side on its own', () => {
  const changes = new TextChanges();
  const texts = { base: '', checkpoint: '' };
  const say = (side: 'base' | 'checkpoint', text: string) => {
    const change = changes.of(side, text);
    if (change) texts[side] = texts[side].slice(0, change.from) + change.text;
    return change;
  };
  expect(say('base', 'ab')).toEqual({ from: 0, text: 'ab' });
  expect(say('base', 'abc')).toEqual({ from: 2, text: 'c' });
  expect(say('base', 'abc')).toBeUndefined();
  say('checkpoint', 'x');
  // A tokenizer may write what came before in another way, or less of it.
  expect(say('base', "ab'")).toEqual({ from: 2, text: "'" });
  say('base', 'a');
  expect(texts).toEqual({ base: 'a', checkpoint: 'x' });
});
