/** What has no gradient is not computed, and the policy learns the same. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import type { LossType } from '../../../src/grpo/policy-loss.ts';
import type { Experience } from '../../../src/grpo/trajectory.ts';
import { miniBatches } from '../../../src/trainer/mini-batches.ts';
import type { UpdateResult } from '../../../src/trainer/policy/learner.ts';
import { LocalLearner } from '../../../src/trainer/policy/local-learner.ts';
import { prepareRun } from '../../../src/trainer/prepare.ts';
import { metricsOf, rewardWorker, runGrpo, tinyWorkspace, trainHere, updatesOf } from './workspace.ts';

const LOSSES: Record<LossType, object> = {
  ...{ grpo: {}, dapo: {}, dr_grpo: {}, luspo: { importanceSamplingLevel: 'sequence' } },
  // A part of one group; of the others as many as fit.
  bnpo: { gradientAccumulationSteps: 5 },
  ...{ cispo: {}, sapo: {}, vespo: {}, reinforce: {}, ratio: {} },
};
/** Settings that change what a token's loss is, or which tokens have one. */
const TERMS: Record<string, object> = {
  'tokens of high entropy': { topEntropyQuantile: 0.5, gradientAccumulationSteps: 5 },
  'an off-policy mask': { offPolicyMaskThreshold: 1e-6 },
  'mini-batches': { numMiniBatches: 3 },
};

/** Five groups of two, of which the first, third and last have no signal. */
const ADVANTAGES = [0, 0, 0.7, -0.7, 0, 0, 1.2, -0.4, 0, 0];
const ROLLOUT = ADVANTAGES.map((advantage, row): Experience => {
  const completionIds = Array.from({ length: 2 + (row % 4) }, (_, token) => 20 + ((7 * row + 3 * token) % 40));
  const group = Math.floor(row / 2);
  return {
    promptIds: [5 + group, 6, 7].slice(0, 1 + (group % 3)),
    completionIds,
    mask: completionIds.map(() => 1),
    advantage,
  };
});
/** As process supervision gives them: one for each token. */
const BY_TOKEN = ROLLOUT.map(({ advantage, ...rest }, row) => ({
  ...rest,
  advantage: rest.completionIds.map((_, token) => (advantage as number) * (row === 2 && token === 0 ? 0 : 1)),
}));

/** AdamW's epsilon is so large that each update moves weights by a tenth of their gradients. */
const SETTINGS = {
  numGenerations: 2,
  learningRate: 1e5,
  adamEpsilon: 1e6,
  maxGradNorm: 0,
  lrSchedulerType: 'constant',
};

async function update(settings: object, rollout: Experience[], all: boolean) {
  const folder = tinyWorkspace({ ...SETTINGS, promptsPerStep: 5, ...settings });
  const run = await prepareRun(loadRunConfig(join(folder, 'run.grpo.json')), { rewardWorker });
  try {
    const learner = new LocalLearner(run, { all });
    const before = await run.engine.download(learner.policy.state.weights);
    const start = Object.values(before).map(({ data }) => Float64Array.from(data));
    const result = await learner.update(rollout, { miniBatches: miniBatches(rollout.length, 1, run.config) });
    const after = Object.values(await run.engine.download(learner.policy.state.weights));
    return { result, moved: after.flatMap(({ data }, i) => Array.from(data, (x, j) => x - start[i]![j]!)) };
  } finally {
    await run.rewards.close();
  }
}

const largest = (values: number[]): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const computed = ({ tokens }: UpdateResult): number[] => tokens!.flatMap((figures, row) => (figures ? [row] : []));

const CASES = [
  ...Object.entries(LOSSES).map(([lossType, more]) => [lossType, { lossType, ...more }] as const),
  ...Object.entries(TERMS),
];

describe.each(CASES)('%s', (_, fields) => {
  test.each([
    ['one per completion', ROLLOUT],
    ['one per token', BY_TOKEN],
  ])('gradients are the same over two passes; advantages: %s', async (_each, rollout) => {
    const settings = { numIterations: 2, ...fields };
    const whole = await update(settings, rollout, true);
    const skipping = await update(settings, rollout, false);
    expect(largest(whole.moved)).toBeGreaterThan(1e-3);
    expect(largest(skipping.moved.map((x, i) => x - whole.moved[i]!))).toBeLessThan(1e-6);
    for (const name of ['loss', 'grad_norm'] as const)
      expect(Math.abs(skipping.result.metrics[name]! - whole.result.metrics[name]!)).toBeLessThan(1e-5);
    expect(computed(whole.result)).toEqual(ROLLOUT.map((_, row) => row));
    expect(computed(skipping.result)).toEqual([2, 3, 6, 7]);
    for (const row of [2, 3, 6, 7]) {
      const [a, b] = [skipping, whole].map(({ result }) => Array.from(result.tokens![row]!.ratios!));
      a!.forEach((ratio, token) => void expect(ratio / b![token]!).toBeCloseTo(1, 4));
    }
  });
});

test('a step without any signal changes nothing, and is recorded without figures', async () => {
  const folder = tinyWorkspace(
    { rewards: ['same.reward.ts'], maxSteps: 1 },
    { 'same.reward.ts': 'export const same = () => 1;' },
  );
  const { result } = await trainHere(join(folder, 'run.grpo.json'));
  const [row] = metricsOf(result.run);
  expect(row).toMatchObject({ loss: 0, grad_norm: 0, 'groups/signal': 0 });
  expect(row).not.toHaveProperty('entropy');
  expect(updatesOf(result.run, 1)).toEqual(Array(8).fill({}));
  expect(await runGrpo('explain', result.run)).toMatchObject({ status: 0, stdout: expect.stringContaining('same') });
});
