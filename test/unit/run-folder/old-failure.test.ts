import { expect, test } from 'vitest';
import type { RolloutRow } from '../../../src/protocol/run-folder.ts';
import { failureOf } from '../../../src/run-folder/old-failure.ts';

const row = (error: string | null, more: Partial<RolloutRow> = {}): RolloutRow => ({
  ...{ step: 1, group: 0, prompt: 'p', prompt_ids: [], completion: 'c', completion_ids: [], length: 0 },
  ...{ rewards: { letters: null, $x: null, 'letters: y': 1 }, reward: null, advantage: 0, truncated: false },
  error,
  ...more,
});

test('a failure that was recorded as data is taken as it is', () => {
  const failure = { name: 'letters', message: 'm', place: { file: '/w/a.ts', line: 1 } };
  expect(failureOf(row('words', { failure }))).toBe(failure);
  expect(failureOf(row(null))).toBeUndefined();
});

test.each([
  ['/w/a.reward.ts:3:7: letters: Error: no', { file: '/w/a.reward.ts', line: 3, column: 7 }, 'Error: no'],
  ['C:\\my runs\\a: b\\a.py:3: letters: no: $x: 1', { file: 'C:\\my runs\\a: b\\a.py', line: 3 }, 'no: $x: 1'],
  ['/w/a.ts: letters: at /w/b.ts:3: letters: x', { file: '/w/a.ts' }, 'at /w/b.ts:3: letters: x'],
  ['letters: /a/b.ts:3: x\nmore', undefined, '/a/b.ts:3: x\nmore'],
])('one of release 0.1 is read from its words: %s', (error, place, message) => {
  expect(failureOf(row(error))).toEqual({ name: 'letters', message, ...(place && { place }) });
});

test('words of no known function are left alone', () => {
  expect(failureOf(row('/w/a.ts:1:1: other: boom'))).toBeUndefined();
});
