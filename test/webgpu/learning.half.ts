/** The sort sample learns in float16 what it learns in float32. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { grpo, temporaryFolder } from '../integration/cli/run-grpo.ts';
import { metricsOf } from '../integration/training/workspace.ts';

const SMALL = ['--set', 'maxSteps=24', '--set', 'promptsPerStep=6'];

test('the sort sample', async () => {
  const rewardsOn = async (...set: string[]): Promise<number[]> => {
    const out = join(temporaryFolder(), 'run');
    const sets = set.flatMap((one) => ['--set', one]);
    const { status, stderr } = await grpo([
      'train',
      'sample-workspace/sort.grpo.json',
      ...SMALL,
      ...sets,
      '--out',
      out,
    ]);
    expect(status, stderr).toBe(0);
    // What was measured before the first step has no reward of its own.
    return metricsOf(out).flatMap(({ reward }) => reward ?? []);
  };
  const full = await rewardsOn('device=cpu');
  const half = await rewardsOn('device=webgpu', 'fp16=true');
  const mean = (some: number[]) => some.reduce((sum, reward) => sum + reward, 0) / some.length;
  // The same numbers are drawn: seen are rewards that differ by 0.08 at most, 2.9 at first, and 6.3 in the end for both.
  expect(half[0]).toBeCloseTo(full[0]!, 1);
  expect(mean(half.slice(-6))).toBeGreaterThan(half[0]! + 2.5);
  expect(Math.abs(mean(half.slice(-6)) - mean(full.slice(-6)))).toBeLessThan(0.3);
});
