/** The reference scores completions while slow rewards are waited for, and the run is the same. */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import { stepName } from '../../../src/protocol/run-folder.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import { measuredStage, measureStep } from '../../../src/trainer/measure.ts';
import { LocalLearner } from '../../../src/trainer/policy/local-learner.ts';
import { prepareRun } from '../../../src/trainer/prepare.ts';
import {
  metricsOf,
  rewardWorker,
  rolloutsOf,
  runInfoOf,
  timeless,
  tinyWorkspace,
  trainHere,
  updatesOf,
} from './workspace.ts';

const CONFIG = { beta: 0.04, learningRate: 1e-2, maxSteps: 3, saveSteps: 1 };

/** A reward of letters that waits so long for each completion, all of them together; throws where there is a file BROKEN; and says when it answers. */
const waiting = (milliseconds: number): string => `
import { appendFileSync, existsSync } from 'node:fs';

export async function letters({ completion }: { completion: string }) {
  await new Promise((resolve) => setTimeout(resolve, ${milliseconds}));
  appendFileSync(new URL('./order.txt', import.meta.url), 'answered\\n');
  if (existsSync(new URL('./BROKEN', import.meta.url))) throw new Error('not now');
  return [...completion].filter((letter) => letter <= 'n').length;
}
`;

/** The same for all completions of a step in one call, which is not made before all of them are written. */
const WAITING_ONCE = `
import { batchReward } from 'grpo/rewards';
import { letters as ofOne } from './one.ts';

export const letters = batchReward(({ completions }: { completions: string[] }) =>
  Promise.all(completions.map((completion) => ofOne({ completion }))));
`;

const setUp = (milliseconds: number, config: object = {}, { batch = false } = {}): string =>
  tinyWorkspace(
    { ...CONFIG, ...config },
    {
      ...(batch
        ? { 'letters.reward.ts': WAITING_ONCE, 'one.ts': waiting(milliseconds) }
        : { 'letters.reward.ts': waiting(milliseconds) }),
      'order.txt': '',
    },
  );

const fileOf = (folder: string) => join(folder, 'run.grpo.json');

/** Of a run of three steps: all that it recorded but for times, and what it has learned. */
function recorded(run: string): unknown {
  const steps = [1, 2, 3];
  const kept = existsSync(join(run, 'checkpoints', stepName(3), 'adapter_model.safetensors'))
    ? 'adapter_model.safetensors'
    : 'model.safetensors';
  return {
    metrics: metricsOf(run).map(timeless),
    rollouts: steps.map((step) => rolloutsOf(run, step)),
    updates: steps.map((step) => updatesOf(run, step)),
    weights: readFileSync(join(run, 'checkpoints', stepName(3), kept)).toString('base64'),
  };
}

/** A learner that writes down, beside what the reward does, when it scores with the reference. */
class WatchedLearner extends LocalLearner {
  file = '';
  calls = 0;

  override async reference(completions: Parameters<LocalLearner['reference']>[0]) {
    this.calls++;
    appendFileSync(this.file, 'reference begins\n');
    const logProbs = await super.reference(completions);
    appendFileSync(this.file, 'reference ends\n');
    return logProbs;
  }
}

async function watched(folder: string) {
  const run = await prepareRun(loadRunConfig(fileOf(folder)), { rewardWorker });
  onTestFinished(() => run.rewards.close());
  const learner = new WatchedLearner(run);
  learner.file = join(folder, 'order.txt');
  return { learner, stage: measuredStage(run, learner) };
}

test.each([
  ['one by one', false],
  ['all at once', true],
])('begins before rewards that take a second have answered, called %s', async (_, batch) => {
  const folder = setUp(1000, {}, { batch });
  const { stage, learner } = await watched(folder);
  await measureStep(stage);
  // That the rewards are slow is known after the first step.
  expect(learner.calls).toBe(0);
  const order = join(folder, 'order.txt');
  writeFileSync(order, '');
  const { measured } = await measureStep(stage);
  const events = readFileSync(order, 'utf8').trim().split('\n');
  expect(events.filter((event) => event === 'answered')).toHaveLength(8);
  expect(events.filter((event) => event !== 'answered')).toEqual(['reference begins', 'reference ends']);
  expect(events.indexOf('reference begins')).toBeLessThan(events.indexOf('answered'));
  // Its time is its own, and so is what was waited for.
  const { rollout, score, logprobs, update, step } = measured;
  expect(logprobs.seconds).toBeGreaterThan(0);
  const parts = rollout.seconds + score.seconds + logprobs.seconds + update.seconds;
  expect(parts).toBeLessThanOrEqual(step.seconds);
  expect(parts).toBeGreaterThan(step.seconds / 2);
});

test.each([
  ['without a reference', { beta: 0 }],
  ['with dynamic sampling', { dynamicSampling: { maxRounds: 2 } }],
  ['with groups that grow', { generations: { min: 4, max: 8 } }],
  ['with replayed groups', { replay: { share: 0.5, capacity: 3, maxWeight: 1.2 } }],
])('%s, nothing is scored before the rewards are there', async (_, config) => {
  const folder = setUp(60, config);
  const { stage, learner } = await watched(folder);
  for (let step = 1; step <= 2; step++) await measureStep(stage);
  expect(learner.calls).toBe(0);
});

describe.each([
  ['all weights, a reference that follows', { syncRefModel: true, refModelSyncSteps: 1, refModelMixupAlpha: 0.6 }],
  ['an adapter, mini-batches', { lora: { r: 4 }, numMiniBatches: 2, numIterations: 2 }],
  ['rewards on lengths, a preference', { lengthPenalty: { target: 4 }, dpoCoef: 0.5 }],
])('%s', (_, config) => {
  test('gives the same numbers in either order, to the bit', async () => {
    const reference = vi.spyOn(LocalLearner.prototype, 'reference');
    onTestFinished(() => reference.mockRestore());
    const train = async () => (await trainHere(fileOf(setUp(60, config)))).result.run;
    const before = await train();
    expect(reference).toHaveBeenCalledTimes(2);
    // Given none, the update computes it.
    reference.mockResolvedValue(undefined);
    expect(recorded(before)).toEqual(recorded(await train()));
  });
});

test('a stop meanwhile is heard after the step, and the run continues as if it had not been', async () => {
  const whole = await trainHere(fileOf(setUp(60)));
  const file = fileOf(setUp(60));
  const control = new RunControl();
  const stopped = await trainHere(file, {
    control,
    onEvent: (event) => {
      if (event.type === 'phase' && event.phase === 'score' && event.step === 2) setTimeout(() => control.stop(), 20);
    },
  });
  expect(stopped.result).toMatchObject({ outcome: 'stopped', step: 2 });
  const resumed = await trainHere(file, { resume: true });
  expect(resumed.result.outcome).toBe('done');
  expect(recorded(resumed.result.run)).toEqual(recorded(whole.result.run));
});

test('rewards that fail meanwhile end the run with their message, and it can be resumed', async () => {
  const whole = await trainHere(fileOf(setUp(60)));
  const folder = setUp(60);
  const broken = join(folder, 'BROKEN');
  let run = '';
  const failing = trainHere(fileOf(folder), {
    onEvent: (event) => {
      if (event.type === 'start') run = event.run;
      if (event.type === 'step' && event.step === 1) writeFileSync(broken, '');
    },
  });
  await expect(failing).rejects.toThrow(/^Every completion of step 2 failed to be scored: .*not now/);
  expect(runInfoOf(run)).toMatchObject({ state: 'failed', step: 1 });
  rmSync(broken);
  await trainHere(fileOf(folder), { resume: true });
  expect(recorded(run)).toEqual(recorded(whole.result.run));
});

test('a device that fails meanwhile is what the step ends with', async () => {
  const folder = setUp(60);
  const { stage, learner } = await watched(folder);
  await measureStep(stage);
  learner.reference = async () => {
    throw new Error('the device was lost');
  };
  await expect(measureStep(stage)).rejects.toThrow('the device was lost');
});
