/** A step's completions divided into mini-batches: an update each, in a random order, with ratios to the policy that sampled. TRL's numbers: reference.test.ts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stepName } from '../../../src/protocol/run-folder.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import { miniBatches } from '../../../src/trainer/mini-batches.ts';
import { metricsOf, runGrpo, runInfoOf, timeless, tinyWorkspace, trainHere, updatesOf } from './workspace.ts';

const CONFIG = { numMiniBatches: 4, learningRate: 2e-2, lossType: 'grpo', scaleRewards: 'none' };

const distanceFrom1 = (ratios: number[]): number => Math.max(...ratios.map((ratio) => Math.abs(ratio - 1)));

test('the first update is by the policy that sampled, and the others no longer are', async () => {
  const folder = tinyWorkspace({ ...CONFIG, beta: 0.01, maxSteps: 1 });
  const { result } = await trainHere(join(folder, 'run.grpo.json'));
  const [first, ...later] = miniBatches(8, 1, { numMiniBatches: 4, seed: 42 })!;
  const updated = updatesOf(result.run, 1);
  for (const row of first!) expect(distanceFrom1(updated[row]!.ratios!)).toBeLessThan(1e-4);
  for (const row of later.flat()) expect(distanceFrom1(updated[row]!.ratios!)).toBeGreaterThan(1e-3);

  const { stdout } = await runGrpo('explain', result.run);
  const text = stdout.replace(/\s+/g, ' ');
  expect(text).toContain('one pass over each rollout, of 4 updates with a mini-batch each');
  expect(text).toContain('a completion weighs 4 times as much');
  expect(text).toContain('lowest ρ');
});

test('the learning rate goes on with each update, and a resumed run equals one that never stopped', async () => {
  const settings = { ...CONFIG, maxSteps: 4, numIterations: 2, saveSteps: 2, lrSchedulerType: 'linear' };
  const file = join(tinyWorkspace(settings), 'run.grpo.json');
  const { result: whole } = await trainHere(file, { out: join(file, '../whole') });
  const control = new RunControl();
  const out = join(file, '../parts');
  await trainHere(file, {
    ...{ out, control },
    onEvent: (event) => void (event.type === 'step' && event.step === 2 && control.stop()),
  });
  expect(runInfoOf(out)).toMatchObject({ state: 'stopped', step: 2 });
  await trainHere(file, { out, resume: true });
  expect(metricsOf(out).map(timeless)).toEqual(metricsOf(whole.run).map(timeless));
  for (const name of ['model.safetensors', 'grpo_optimizer.safetensors']) {
    const [a, b] = [whole.run, out].map((run) => readFileSync(join(run, 'checkpoints', stepName(4), name)));
    expect(a!.equals(b!), name).toBe(true);
  }
  // A step has 4 × 2 updates, and the rate is that of its last one.
  const rates = metricsOf(out).flatMap(({ learning_rate }) => learning_rate ?? []);
  for (const [index, rate] of rates.entries()) expect(rate).toBeCloseTo(2e-2 * (1 - (8 * index + 7) / 32), 12);
});

test('mini-batches are as equal as can be, have every completion once, and are drawn for each step', () => {
  const sizes = (rows: number, numMiniBatches: number) =>
    miniBatches(rows, 1, { numMiniBatches, seed: 1 })!.map(({ length }) => length);
  expect(sizes(8, 4)).toEqual([2, 2, 2, 2]);
  expect(sizes(10, 4)).toEqual([2, 3, 2, 3]);
  expect(sizes(2, 4)).toEqual([1, 1]);
  const [one, two] = [1, 2].map((step) => miniBatches(10, step, { numMiniBatches: 4, seed: 1 })!.flat());
  expect(one!.toSorted((a, b) => a - b)).toEqual([...Array(10).keys()]);
  expect(two).not.toEqual(one);
  expect(miniBatches(10, 1, { numMiniBatches: 1, seed: 1 })).toBeUndefined();
});
