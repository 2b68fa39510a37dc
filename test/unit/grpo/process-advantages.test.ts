import { expect, test } from 'vitest';
import { processAdvantages } from '../../../src/grpo/process-advantages.ts';

test('a token gets the sum of the normalised scores of the steps that end at or after it', () => {
  // Scores 1, 0, 0, 1 of the whole group: mean 0.5, sample std 0.57735.
  const high = 0.5 / (Math.sqrt(1 / 3) + 1e-4);
  const [first, second] = processAdvantages(
    [
      [
        { end: 2, score: 1 },
        { end: 4, score: 0 },
      ],
      [
        { end: 1, score: 0 },
        { end: 3, score: 1 },
      ],
    ],
    [5, 3],
  );
  const expected = [
    [0, 0, -high, -high, 0],
    [0, high, high],
  ];
  [first!, second!].forEach((row, i) => {
    expect(row.length).toBe(expected[i]!.length);
    row.forEach((value, t) => {
      expect(value, `completion ${i}, token ${t}`).toBeCloseTo(expected[i]![t]!, 6);
    });
  });
});

test('one step at the end of each completion is outcome supervision', () => {
  const [good, bad] = processAdvantages([[{ end: 2, score: 3 }], [{ end: 1, score: 1 }]], [2, 1]);
  const advantage = 1 / (Math.SQRT2 + 1e-4);
  for (const value of good!) expect(value).toBeCloseTo(advantage, 6);
  for (const value of bad!) expect(value).toBeCloseTo(-advantage, 6);
});

test('equal scores, no steps, and steps that claim to end after the completion', () => {
  expect(
    processAdvantages([[{ end: 9, score: 0.1 }], [{ end: 2, score: 0.1 }], []], [3, 2, 1]).map((row) => [...row]),
  ).toEqual([[0, 0, 0], [0, 0], [0]]);
  expect([...processAdvantages([[{ end: 9, score: 1 }], [{ end: 1, score: 0 }]], [1, 1])[0]!]).toHaveLength(1);
});
