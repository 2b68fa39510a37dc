/** What `npm run bench -- time-to-reward` makes of a run. */
import { expect, test } from 'vitest';
import { timeTo } from '../../bench/time-to-reward.ts';
import type { MetricsRow } from '../../src/protocol/run-folder.ts';

test('the time to a reward is that of the steps until held-out prompts have it, without evaluations', () => {
  const rows: MetricsRow[] = [
    { step: 0, eval_reward: 3, 'time/evaluate': 9 },
    { step: 1, step_time: 2, reward: 7 },
    { step: 2, step_time: 0.5, eval_reward: 5.6, 'time/evaluate': 9 },
    { step: 3, step_time: 1, eval_reward: 6.5 },
  ];
  expect(timeTo(5.6, rows)).toEqual({ seconds: 2.5, steps: 2 });
  expect(timeTo(6, rows)).toEqual({ seconds: 3.5, steps: 3 });
  expect(timeTo(7, rows)).toBeNull();
});
