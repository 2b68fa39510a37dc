import { expect, test } from 'vitest';
import { measuresOf } from '../../../webview/tokens/measures.ts';
import { piecesOf, visible } from '../../../webview/tokens/pieces.ts';

test('pieces cover the completion; tokens that end no character are shown by their ids', () => {
  const completion = 'héllo 👍!';
  const tokens = { row: 0, ids: [1, 2, 3, 4, 5, 6], ends: [5, 6, 6, 8, 9, 9] };
  const pieces = piecesOf(completion, tokens);
  expect(pieces.map(({ text }) => text)).toEqual(['héllo', ' ', '⟨3⟩', '👍', '!', '⟨6⟩']);
  expect(
    pieces
      .filter(({ silent }) => !silent)
      .map(({ text }) => text)
      .join(''),
  ).toBe(completion);
  // One that was not cut off ends with the end-of-sequence token.
  expect(piecesOf(completion, tokens, true).map(({ text }) => text)).toEqual(['héllo', ' ', '⟨3⟩', '👍', '!', '⟨end⟩']);
});

test('a run of an earlier release has ids alone', () => {
  expect(piecesOf('ab', { row: 0, ids: [7, 8] }).map(({ text }) => text)).toEqual(['⟨7⟩', '⟨8⟩']);
});

test('line breaks and tabs can be seen', () => {
  expect(visible('a\n\tb')).toBe('a↵\n→\tb');
});

test('what has no sign is shown as its code, and an emoji of several code points stays whole', () => {
  expect(visible('a\r\n')).toBe('a\\r↵\n');
  // It would turn round the text after it.
  expect(visible('\u202eabc')).toBe('\\u202eabc');
  expect(['\u200d', '\ufe0f', '\ufeff', '\u{e0067}'].map(visible)).toEqual([
    '\\u{200d}',
    '\\u{fe0f}',
    '\\u{feff}',
    '\\u{e0067}',
  ]);
  expect(visible('👩‍👧 ❤️')).toBe('👩‍👧 ❤️');
});

test('measures are those that were recorded, with shares from 0 to 1', () => {
  const tokens = { row: 0, ids: [1, 2], logprobs: [-0.1, -50], entropies: [0, 3], ratios: [0.5, 1.1] };
  const measures = measuresOf(tokens);
  expect(Object.keys(measures)).toEqual(['logprob', 'entropy', 'ratio']);
  for (const { values, share } of Object.values(measures))
    for (const value of values) {
      expect(share(value!)).toBeGreaterThanOrEqual(0);
      expect(share(value!)).toBeLessThanOrEqual(1);
    }
  expect(tokens.ratios.map(measures.ratio!.sign)).toEqual([-1, 1]);
});
