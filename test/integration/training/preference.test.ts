/** The preference term is of whole pairs, and its gradient the same however the completions are cut into micro-batches. */
import { expect, test } from 'vitest';
import { compareUpdates, prepareTrlRun } from './trl-run.ts';
import { metricsOf, trainHere } from './workspace.ts';

const CASE = 'preference';

test('micro-batches do not change it', async () => {
  const { configFile, rollouts, out } = await prepareTrlRun(CASE);
  const trained = async (name: string, set: string[]) => {
    const { result } = await trainHere(configFile, { rollouts, out: `${out}-${name}`, set });
    return { checkpoint: result.checkpoint!, metrics: metricsOf(result.run) };
  };
  const whole = await trained('whole', []);
  const cut = await trained('cut', ['gradientAccumulationSteps=4']);
  const single = await trained('single', ['gradientAccumulationSteps=8']);
  for (const { checkpoint, metrics } of [cut, single]) {
    const { cosine, length } = compareUpdates(CASE, checkpoint, whole.checkpoint);
    expect(cosine).toBeCloseTo(1, 6);
    expect(length).toBeCloseTo(1, 4);
    for (const key of ['loss', 'dpo/loss', 'dpo/margins'])
      expect(metrics.map((row) => row[key])).toEqual(whole.metrics.map((row) => expect.closeTo(row[key]!, 4)));
  }
  // And it is not nothing.
  const without = await trained('without', ['dpoCoef=0']);
  expect(compareUpdates(CASE, without.checkpoint, whole.checkpoint).cosine).toBeLessThan(0.99);
  expect(without.metrics[0]).not.toHaveProperty('dpo/loss');
});

test('it starts at coef · log 2 from the reference, and the margin grows', async () => {
  const { configFile, rollouts, out } = await prepareTrlRun(CASE);
  const set = ['numIterations=1', 'maxSteps=1'];
  const { result } = await trainHere(configFile, { rollouts, out, set });
  const [first] = metricsOf(result.run);
  expect(first!['dpo/loss']).toBeCloseTo(0.5 * Math.log(2), 5);
  expect(first!['dpo/margins']).toBeCloseTo(0, 5);
  const more = await trainHere(configFile, { rollouts, out: `${out}-more`, set: ['numIterations=4', 'maxSteps=1'] });
  expect(metricsOf(more.result.run)[0]!['dpo/margins']).toBeGreaterThan(0.01);
});
