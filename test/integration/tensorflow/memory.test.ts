/** Eager programs own their tensors one by one: none may be left behind. */
import { join } from 'node:path';
import { memory } from '@tensorflow/tfjs-core';
import { expect, onTestFinished, test } from 'vitest';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import { TENSORFLOW_VARIABLE } from '../../../src/protocol/set-up-places.ts';
import { measuredStage, measureStep } from '../../../src/trainer/measure.ts';
import { prepareRun } from '../../../src/trainer/prepare.ts';
import { rewardWorker, tinyWorkspace } from '../training/workspace.ts';
import { tfjsNode } from './tfjs-node.ts';

const everything = {
  beta: 0.05,
  numIterations: 2,
  gradientAccumulationSteps: 2,
  syncRefModel: true,
  refModelSyncSteps: 2,
};

test.skipIf(tfjsNode === undefined).each([
  ['all weights', {}],
  ['an adapter', { lora: { r: 4, targetModules: 'all-linear' } }],
])('after any number of steps there are as many tensors (needs tfjs-node): %s', async (_, more) => {
  process.env[TENSORFLOW_VARIABLE] = tfjsNode;
  const folder = tinyWorkspace({ device: 'tensorflow', ...everything, ...more });
  const run = await prepareRun(loadRunConfig(join(folder, 'run.grpo.json')), { rewardWorker });
  onTestFinished(() => run.rewards.close());
  expect(run.engine.name).toBe('tensorflow');
  const stage = measuredStage(run);
  const alive: number[] = [];
  for (let step = 1; step <= 6; step++) {
    await measureStep(stage);
    alive.push(memory().numTensors);
  }
  // The reference is the policy itself after every other step.
  const [, synced, apart, ...later] = alive;
  expect(later).toEqual([synced, apart, synced]);
});
