import { expect, test } from 'vitest';
import { type Candidate, keptOf } from '../../../src/grpo/rejection.ts';

const row = (text: string, reward: number | null, length = text.length, truncated = false): Candidate => ({
  ...{ text, reward, length, truncated },
});

test('the best of a group that are better than its worst, of equal ones the shorter', () => {
  const group = [row('worst', 0), row('long one', 2), row('short', 2), row('middle', 1), row('none', null)];
  expect(keptOf(group, { threshold: null, best: 2 })).toEqual([2, 1]);
  expect(keptOf(group, { threshold: null, best: 9 })).toEqual([2, 1, 3]);
});

test('of a group whose rewards are equal none, unless they reach a threshold', () => {
  const equal = [row('a', 1), row('b', 1)];
  expect(keptOf(equal, { threshold: null, best: 1 })).toEqual([]);
  expect(keptOf(equal, { threshold: 1, best: null })).toEqual([0, 1]);
  expect(keptOf(equal, { threshold: 1, best: 1 })).toEqual([0]);
  expect(keptOf(equal, { threshold: 1.5, best: null })).toEqual([]);
});

test('each text once, and nothing that was cut off', () => {
  const group = [row('same', 1), row('same', 1), row('cut', 3, 9, true), row('other', 1, 2)];
  expect(keptOf(group, { threshold: 1, best: null })).toEqual([3, 0]);
  // What was cut off still shows what the worst is.
  expect(keptOf([row('cut', 0, 9, true), row('a', 1), row('b', 1)], { threshold: null, best: 2 })).toEqual([1, 2]);
});
