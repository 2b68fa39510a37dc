import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WholeLines } from '../../../src/rewards/whole-lines.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('lines that come in pieces are given on whole', () => {
  const texts: string[] = [];
  const lines = new WholeLines((text) => texts.push(text));
  for (const piece of ['loss', ' ', '3', '\n', 'a\nb\nc', 'd\n']) lines.push(piece);
  expect(texts).toEqual(['loss 3\n', 'a\nb\n', 'cd\n']);
  vi.runAllTimers();
  expect(texts).toHaveLength(3);
});

test('an unfinished line is given on when nothing follows, or at the end', () => {
  const texts: string[] = [];
  const lines = new WholeLines((text) => texts.push(text));
  lines.push('10%');
  expect(texts).toEqual([]);
  vi.runAllTimers();
  expect(texts).toEqual(['10%']);
  lines.push('20%');
  lines.flush();
  vi.runAllTimers();
  expect(texts).toEqual(['10%', '20%']);
});
