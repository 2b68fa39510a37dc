import { expect, test } from 'vitest';
import { longerCompletions } from '../../../src/doctor/completion-room.ts';

const config = { promptsPerStep: 4, numGenerations: 8 };

test('doubles where half are cut off', () => {
  // Of 32, 16 ended within 48 tokens: 0.0133 a token, of which 10 % are longer than 173.
  expect(longerCompletions({ cap: 48, truncated: 0.5, mean: 37.5 }, config, 8000)).toBe(256);
  expect(longerCompletions({ cap: 512, truncated: 10 / 32, mean: 9000 / 32 }, config, 8000)).toBe(1024);
});

test('does not go beyond what one run config may ask for', () => {
  const all = { cap: 512, truncated: 1, mean: 512 };
  expect(longerCompletions(all, { promptsPerStep: 2 ** 13, numGenerations: 8 }, 8000)).toBe(undefined);
});

test('where none ended, tries four times as much, or 256 tokens if the model is known to have room for them', () => {
  const all = { cap: 8, truncated: 1, mean: 8 };
  expect(longerCompletions(all, config, 8000)).toBe(256);
  expect(longerCompletions(all, config, undefined)).toBe(32);
  expect(longerCompletions(all, config, 12)).toBe(12);
});
