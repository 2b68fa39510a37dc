import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { histogram, readStepRewards } from '../../../src/run-folder/step-rewards.ts';

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'grpo-step-rewards-'));
  mkdirSync(join(run, 'rollouts'));
});
afterEach(() => rmSync(run, { recursive: true }));

const pairs = ({ values, counts }: { values: Float64Array; counts: Float64Array }) =>
  [...values].map((value, i) => [value, counts[i]]);

test('counts rewards of a step, in all and of each function; what has none is in no histogram', async () => {
  const rows = [
    { completion: 'a', reward: 3, rewards: { f: 1, g: 2 } },
    { completion: 'b', reward: 1, rewards: { f: 1, g: null } },
    { completion: 'c', reward: 3, rewards: { f: 1, g: 2 } },
    { completion: 'd', reward: null, rewards: { f: null, g: null } },
  ];
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  // Its writer died in the middle of a line.
  writeFileSync(join(run, 'rollouts/step-000002.jsonl'), `${lines}{"completion":"e","rew`);
  const rewards = await readStepRewards(run, 2);
  expect(rewards).toMatchObject({ step: 2, completions: 4 });
  expect(pairs(rewards.reward)).toEqual([
    [1, 1],
    [3, 2],
  ]);
  expect(pairs(rewards.functions.f!)).toEqual([[1, 3]]);
  expect(pairs(rewards.functions.g!)).toEqual([[2, 2]]);
});

test('a step without a file is an error for who asked', async () => {
  await expect(readStepRewards(run, 3)).rejects.toThrow();
});

test('of very many values there are ranges, which lose none', () => {
  const many = histogram(Array.from({ length: 1000 }, (_, i) => i / 7));
  expect(many.values).toHaveLength(64);
  expect(many.counts.reduce((a, b) => a + b)).toBe(1000);
  expect(many.values[0]).toBeGreaterThan(0);
  expect(many.values.at(-1)).toBeLessThan(999 / 7);
});
