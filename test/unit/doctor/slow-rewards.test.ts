import { expect, test } from 'vitest';
import { slowRewards } from '../../../src/doctor/slow-rewards.ts';
import { recorded } from './recorded.ts';

const timed = (score: number, whole: number) =>
  recorded(6, () => ({ rewards: { correct: 1 } }), { metrics: () => ({ 'time/score': score, step_time: whole }) })
    .history;

test('scoring takes most of a step', () => {
  expect(slowRewards(timed(6, 8))).toMatchObject([
    {
      kind: 'slow-rewards',
      steps: { first: 2, last: 6 },
      evidence: expect.stringContaining('6 s of the 8 s of a step (75 %)'),
    },
  ]);
});

test('a share that is small, or time that nobody misses, is fine', () => {
  expect(slowRewards(timed(3, 8))).toEqual([]);
  expect(slowRewards(timed(0.06, 0.08))).toEqual([]);
  expect(slowRewards(recorded(6, () => ({ rewards: { correct: 1 } })).history)).toEqual([]);
});
