import { expect, test } from 'vitest';
import { failingRewards } from '../../../src/doctor/failing-rewards.ts';
import type { Given } from './recorded.ts';
import { recorded } from './recorded.ts';

const failure = (step: number): Partial<Given> => ({
  error: 'judge: no answer',
  failure: { name: 'judge', message: `no answer in step ${step}`, place: { file: 'judge.reward.ts', line: 12 } },
});
/** Fails on a completion of each of these steps. */
const failing = (steps: number, fails: (step: number, index: number) => boolean, correct: number | null = 1) =>
  recorded(steps, (step, _, index) => ({
    rewards: { correct, judge: fails(step, index) ? null : 1 },
    ...(fails(step, index) && failure(step)),
  }));

test('says how much fails, since when, with the first failure and its place', async () => {
  const { history, completionsOf } = failing(12, (step, index) => step > 8 && index === 1);
  const [finding, ...others] = await failingRewards(history, completionsOf);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    ...{ kind: 'reward-failed', severity: 'warning', title: '"judge" fails', steps: { first: 9, last: 12 } },
    evidence: 'In steps 9 to 12, "judge" failed on 12.5 % of the completions; first in step 9: no answer in step 9.',
    place: { file: 'judge.reward.ts', line: 12 },
    remedy: { action: 'fix-reward' },
  });
  expect(finding!.examples![0]).toEqual({ step: 9, group: 0, row: 1 });
});

test('is an error where no completion has a reward', async () => {
  const { history, completionsOf } = failing(4, () => true, null);
  expect(await failingRewards(history, completionsOf)).toMatchObject([
    { severity: 'error', evidence: expect.stringContaining('"judge" failed on every completion') },
  ]);
});

test('is silent about one accident, and about what has been fixed', async () => {
  const once = failing(8, (step) => step === 8);
  expect(await failingRewards(once.history, once.completionsOf)).toEqual([]);
  const fixed = failing(8, (step) => step < 8);
  expect(await failingRewards(fixed.history, fixed.completionsOf)).toEqual([]);
});
