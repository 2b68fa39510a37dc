import { expect, test } from 'vitest';
import { holdOut } from '../../../src/data/held-out.ts';

const rows = Array.from({ length: 10 }, (_, index) => index);
const split = (share: number, seed = 1) => holdOut(rows, share, seed, { file: 'run.grpo.json', line: 4 });

test('each row is in one of the parts, in order, and the seed decides in which', () => {
  const { train, heldOut } = split(0.25);
  // As datasets' train_test_split: rounded up.
  expect(heldOut).toHaveLength(3);
  expect([...train, ...heldOut].sort((a, b) => a - b)).toEqual(rows);
  for (const part of [train, heldOut]) expect(part).toEqual([...part].sort((a, b) => a - b));
  expect(split(3)).toEqual(split(0.25));
  const seeds = new Set([1, 2, 3, 4, 5].map((seed) => split(3, seed).heldOut.join()));
  expect(seeds.size).toBeGreaterThan(1);
});

test('a part without rows is refused', () => {
  for (const share of [10, 11, 0.95])
    expect(() => split(share)).toThrow(
      `run.grpo.json:4: "evalSplit" holds out ${Math.max(10, share)} of the dataset's 10 rows, which leaves none to train on; lower it.`,
    );
});
