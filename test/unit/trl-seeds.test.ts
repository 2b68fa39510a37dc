/** What `npm run bench -- trl-seeds` makes of the runs. */
import { describe, expect, test } from 'vitest';
import { differenceOfMeans, studentQuantile } from '../../bench/statistics.ts';
import { seedResult, summary } from '../../bench/trl-seeds.ts';

test.each([
  [1, 12.706],
  [2, 4.303],
  [4, 2.776],
  [8, 2.306],
  [30, 2.042],
])("Student's distribution with %d degrees of freedom, as in its tables", (freedom, wanted) => {
  expect(studentQuantile(0.975, freedom)).toBeCloseTo(wanted, 3);
});

test("the interval of a difference is Welch's", () => {
  // Standard errors: 0.5 ** 0.5 and 2 ** 0.5 each; degrees of freedom 2.5² / (0.25 / 4 + 4 / 4) = 5.882.
  const { difference, margin } = differenceOfMeans([1, 2, 3, 4, 5], [2, 4, 6, 8, 10]);
  expect(difference).toBe(-3);
  expect(margin).toBeCloseTo(2.459 * Math.sqrt(2.5), 2);
  expect(differenceOfMeans([1, 1], [2, 2])).toEqual({ difference: -1, margin: 0 });
});

describe('a run', () => {
  const row = (step: number, reward: number, heldOut?: number) => ({ step, reward, eval_reward: heldOut ?? null });
  test('has the step from which five rewards are at 90 % of 7 on average', () => {
    const rows = [6, 6, 6.5, 6.5, 6.5, 6.5, 7].map((reward, index) => row(index + 1, reward));
    const ends = { before: 3.2, after: 6.9 };
    expect(seedResult([row(0, 0, 3.2), ...rows, row(8, 7, 6.9)])).toEqual({ ...ends, steps: 5 });
    expect(seedResult([row(0, 0, 3.2), ...rows.slice(0, 4), row(5, 6, 6.9)])).toEqual({ ...ends, steps: null });
  });

  test('must have been evaluated twice', () => {
    expect(() => seedResult([row(0, 3, 3.2), row(1, 4)])).toThrow('no held-out rewards');
  });
});

test('the table', () => {
  const result = (after: number, steps: number | null) => ({ before: 3, after, steps });
  const lines = summary({ ours: [result(6.9, 40), result(6.8, null)], trl: [result(6.8, 42), result(6.7, 44)] });
  expect(lines.split('\n').slice(3)).toEqual([
    '| held-out reward after | 6.850 ± 0.071 | 6.750 ± 0.071 | +0.100 (−0.204 to +0.404) |',
    '| steps to 90 % of 7 in training | 40.0 (1 of 2 runs) | 43.0 ± 1.4 |  |',
  ]);
});
