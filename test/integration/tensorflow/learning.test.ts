import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../cli/run-grpo.ts';
import { metricsOf, runInfoOf } from '../training/workspace.ts';
import { grpoOn, tfjsNode } from './tfjs-node.ts';

test.skipIf(tfjsNode === undefined)(
  'the sort sample learns on tensorflow what it learns on the cpu (needs tfjs-node)',
  { timeout: 300_000 },
  async () => {
    const reached = async (device: 'cpu' | 'tensorflow') => {
      const run = join(temporaryFolder(), device);
      await grpoOn(device, 'train', 'sample-workspace/sort.grpo.json', '--set', 'maxSteps=30', '--out', run);
      // What was measured before the first step has no reward of its own.
      const rewards = metricsOf(run).flatMap(({ reward }) => reward ?? []);
      const mean = (some: number[]) => some.reduce((sum, reward) => sum + reward, 0) / some.length;
      return { first: rewards[0]!, last: mean(rewards.slice(-10)), versions: runInfoOf(run).versions };
    };
    const cpu = await reached('cpu');
    const tensorflow = await reached('tensorflow');
    expect(tensorflow.versions.tensorflow).toMatch(/^2\.\d+/);
    // The same model draws the same numbers; later, rounding errors may have led to other completions.
    expect(tensorflow.first).toBeCloseTo(cpu.first, 1);
    expect(tensorflow.last).toBeGreaterThan(cpu.first + 2);
    expect(Math.abs(tensorflow.last - cpu.last)).toBeLessThan(0.3);
  },
);
