import { expect, test } from 'vitest';
import { heldOutOf, rewardChange } from '../../../src/protocol/held-out.ts';

const row = (step: number, reward?: number | null) => ({ step, ...(reward !== undefined && { eval_reward: reward }) });

test('the held-out reward of a run is the first that was measured, and the last', () => {
  const rows = [row(0, 0.3), row(1), row(2, 0.5), row(3, 0.7), row(4)];
  expect(heldOutOf(rows)).toEqual({ first: { step: 0, reward: 0.3 }, last: { step: 3, reward: 0.7 } });
});

test('measured once, or without a reward, it has come to nothing that can be told', () => {
  expect(heldOutOf([])).toBeUndefined();
  expect(heldOutOf([row(0, 0.3), row(1), row(2, null)])).toBeUndefined();
});

test('a run came to its held-out reward, else to that of its last step', () => {
  const measured = { first: { step: 0, reward: 0.314 }, last: { step: 9, reward: 0.74 } };
  expect(rewardChange(measured, { first: 1, last: 2 })).toBe('held-out reward 0.31 → 0.74');
  expect(rewardChange(undefined, { first: 1.5, last: 2 })).toBe('reward 1.50 → 2.00');
  expect(rewardChange(undefined, { first: null, last: 2 })).toBe('reward – → 2.00');
  expect(rewardChange(undefined, { first: null, last: null })).toBeUndefined();
});
