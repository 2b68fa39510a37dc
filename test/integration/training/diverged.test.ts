/** Numbers that are not finite end a run as a failure, before they are applied or saved. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readModelConfig } from '../../../src/model/config.ts';
import { readCheckpoint } from '../../../src/trainer/checkpoint.ts';
import { metricsOf, onlyRun, runGrpo, runInfoOf, tinyWorkspace } from './workspace.ts';

test('weights that leave the range of float32', async () => {
  const folder = tinyWorkspace({ learningRate: 1e38, maxGradNorm: 0, saveSteps: 1, saveTotalLimit: 1 });
  const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
  expect(stderr).toContain(
    'Step 1: The update took the weights out of the range of float32: make "learningRate" (here 1.0e+38) smaller, and set "maxGradNorm", which is 0 (TRL: 1). Then start again.',
  );
  expect(status).toBe(1);
  const run = onlyRun(folder);
  expect(runInfoOf(run)).toMatchObject({ state: 'failed', step: 0, reason: expect.stringContaining('learningRate') });
  expect(metricsOf(run)).toEqual([]);
  expect(readdirSync(join(run, 'checkpoints'))).toEqual([]);
});

/** Equal scores in the first two steps of eight completions, then 1 and 0: what is multiplied with 1e30 is beyond float32 squared. */
const LATE = `
let calls = 0;
export const late = () => (++calls > 16 ? calls % 2 : 0);
`;

test('advantages that are too large: the last good step is saved, and older checkpoints stay', async () => {
  const changes = { scaleRewards: 'none', maxSteps: 4, saveSteps: 1, saveTotalLimit: 1 };
  const rewards = ['letters.reward.ts', { file: 'late.reward.ts', weight: 1e30 }];
  const folder = tinyWorkspace({ ...changes, rewards }, { 'late.reward.ts': LATE });
  const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
  expect(stderr).toMatch(
    /Step 3: The (loss|gradient) is not finite: an advantage is as large as 5\.0e\+29; let reward functions give smaller scores, or their weights be smaller\. Then resume from step 2 \(--resume --with-changes\)\./,
  );
  expect(status).toBe(1);
  const run = onlyRun(folder);
  expect(runInfoOf(run)).toMatchObject({ state: 'failed', step: 2 });
  expect(metricsOf(run).map(({ step }) => step)).toEqual([1, 2]);
  const [checkpoint] = readdirSync(join(run, 'checkpoints'));
  expect(checkpoint).toBe('step-000002');
});

test('the last good step is saved though no checkpoint was due', async () => {
  const rewards = ['letters.reward.ts', { file: 'late.reward.ts', weight: 1e30 }];
  const folder = tinyWorkspace({ scaleRewards: 'none', maxSteps: 4, rewards }, { 'late.reward.ts': LATE });
  expect((await runGrpo('train', join(folder, 'run.grpo.json'))).status).toBe(1);
  const run = onlyRun(folder);
  expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-000002']);
  const config = runInfoOf(run).config;
  const { policy } = await readCheckpoint(join(run, 'checkpoints', 'step-000002'), readModelConfig(config.model));
  for (const { data } of Object.values(policy.weights)) expect(data.every(Number.isFinite)).toBe(true);
});
