import { expect, test } from 'vitest';
import { runMeasure } from '../../../src/protocol/run-measure.ts';

const measured = (reward: (number | null)[], evalReward?: (number | null)[]) =>
  runMeasure({ steps: reward.map((_, i) => i + 1), reward, evalReward, length: reward.length });

test('the held-out reward is the measure where there is one', () => {
  const found = measured([1, 2, 3, 4], [Number.NaN, 0.9, null, 0.5]);
  expect(found).toEqual({ kind: 'held-out', reward: 0.5, step: 4, best: 0.9, bestStep: 2 });
});

test('otherwise it is the mean of the last ten steps, and the best is that of ten in a row', () => {
  const rising = [...Array(10).fill(1), ...Array(10).fill(3), ...Array(10).fill(2)];
  expect(measured(rising)).toEqual({ kind: 'training', reward: 2, step: 30, best: 3, bestStep: 20 });
});

test('of fewer steps it is the mean of all', () => {
  expect(measured([1, 2])).toEqual({ kind: 'training', reward: 1.5, step: 2, best: 1.5, bestStep: 2 });
  expect(measured([null, null])).toBeUndefined();
  expect(runMeasure({ steps: [], reward: undefined, evalReward: undefined, length: 0 })).toBeUndefined();
});
