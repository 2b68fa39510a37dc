import { expect, test } from 'vitest';
import { expectedScore } from '../../../../src/rewards/library/judge/expected-score.ts';

test('the mean of the scores under their probabilities, and how likely any of them is', () => {
  const { score, certainty } = expectedScore([1, 2, 3], [0.1, 0.3, 0.4].map(Math.log));
  expect(score).toBeCloseTo((0.1 + 0.6 + 1.2) / 0.8, 12);
  expect(certainty).toBeCloseTo(0.8, 12);
});

test('scores that are all but impossible still have a mean', () => {
  const { score, certainty } = expectedScore([0, 1], [-2000, -2000 + Math.log(3)]);
  expect(score).toBeCloseTo(0.75, 12);
  expect(certainty).toBe(0);
});
