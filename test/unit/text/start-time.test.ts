import { expect, test } from 'vitest';
import { dayAndTime, shortTime } from '../../../src/text/start-time.ts';

const now = new Date(2026, 10, 28, 16, 0);
const iso = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString();

test('times of a list: of today the hour, else the day, of another year with that', () => {
  expect(shortTime(iso(2026, 10, 28, 4, 3), now)).toBe('04:03');
  expect(shortTime(iso(2026, 10, 27, 23, 59), now)).toBe('27 Nov');
  expect(shortTime(iso(2025, 10, 28, 14, 3), now)).toBe('28 Nov 2025');
  expect(dayAndTime(iso(2026, 10, 28, 4, 3))).toBe('28 Nov 04:03');
});

test('what is no time stays as it is', () => {
  expect([shortTime('soon', now), dayAndTime('soon')]).toEqual(['soon', 'soon']);
});
