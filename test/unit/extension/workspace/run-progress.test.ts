import { expect, test } from 'vitest';
import { RunProgress } from '../../../../src/extension/workspace/run-progress.ts';

const step = (step: number, seconds: number) =>
  ({ type: 'step', step, metrics: { step, reward: step / 10, step_time: seconds } }) as const;

test('the time left follows the recent steps', () => {
  const progress = new RunProgress();
  const start = { type: 'start', protocol: 1, run: '/r', name: 'sort', device: 'cpu', resumedFrom: 20 } as const;
  progress.take({ ...start, maxSteps: 120 });
  expect(progress).toMatchObject({ step: 20, maxSteps: 120, reward: null, secondsLeft: undefined });
  progress.take(step(21, 50)); // the first step compiles
  expect(progress.secondsLeft).toBe(50 * 99);
  for (let n = 22; n <= 31; n++) progress.take(step(n, 2));
  expect(progress).toMatchObject({ step: 31, reward: 3.1, firstReward: 2.1, slowestStepSeconds: 2 });
  expect(progress.secondsLeft).toBeCloseTo(2 * 89);
});
