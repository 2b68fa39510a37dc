/** A trainer killed with SIGKILL at any moment loses nothing that was saved (`npm run bench -- kills` does it a hundred times). */
import { platform } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KILL_POINTS, killTrial, trainWhole } from '../../../bench/kills/trial.ts';
import { integers } from '../../../src/data/random.ts';
import { grpoScript, tinyWorkspace } from './workspace.ts';

// What a killed process leaves running is read from /proc.
test.runIf(platform() === 'linux')('killed anywhere, while saving, while resuming', async () => {
  const folder = tinyWorkspace({ maxSteps: 4, saveSteps: 1, numIterations: 2, lrSchedulerType: 'cosine' });
  const subject = await trainWhole(grpoScript, [join(folder, 'run.grpo.json')], 4, join(folder, 'whole'));
  for (const [trial, point] of [...KILL_POINTS, ...KILL_POINTS].entries()) {
    const next = integers(7, ['kill', trial]);
    const result = await killTrial(subject, point, join(folder, 'run'), () => next() / 2 ** 32);
    expect(result, point).toMatchObject({ stepsLost: 0, damaged: [], processesLeft: 0, differences: [] });
  }
});
