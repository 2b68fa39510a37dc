import { expect, test } from 'vitest';
import { learningRate } from '../../../src/grpo/schedule.ts';
import { fixture, maxDifference } from './fixture.ts';

test.each(fixture.schedules)("transformers' $type, warm-up $warmupSteps of $totalSteps", (reference) => {
  const { type, base, rates, ...steps } = reference;
  const schedule = { learningRate: base, lrSchedulerType: type, ...steps };
  const ours = rates.map((_, step) => learningRate(step, schedule));
  expect(maxDifference(ours, rates)).toBeLessThan(1e-9 * base + 1e-11);
});

test('warm-up over the whole run ends at 0 for linear, as in transformers', () => {
  const schedule = { learningRate: 1, lrSchedulerType: 'linear', warmupSteps: 4, totalSteps: 4 } as const;
  expect([0, 1, 2, 3, 4].map((step) => learningRate(step, schedule))).toEqual([0, 0.25, 0.5, 0.75, 0]);
});
