/** What `updates/` records of single tokens is what the update computed: entropies, ratios and KL divergences. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import { stepName } from '../../../src/protocol/run-folder.ts';
import { LocalLearner } from '../../../src/trainer/policy/local-learner.ts';
import { prepareRun } from '../../../src/trainer/prepare.ts';
import { metricsOf, rewardWorker, rolloutsOf, tinyWorkspace, trainHere, updatesOf } from './workspace.ts';

const meanOf = (rows: (readonly number[])[]): number => {
  const values = rows.flat();
  return values.reduce((sum, value) => sum + value, 0) / values.length;
};

test.each<[string, object]>([
  ['one micro-batch', {}],
  ['four micro-batches', { gradientAccumulationSteps: 4 }],
  [
    'truncated completions out of the loss',
    { maskTruncatedCompletions: true, numGenerations: 24, maxCompletionLength: 16 },
  ],
  ['LoRA', { lora: { r: 2 } }],
  ['ratios of completions', { importanceSamplingLevel: 'sequence' }],
])('mean entropy and KL of the tokens in the loss are the metrics: %s', async (_, more) => {
  const config = { maxSteps: 3, learningRate: 1e-2, beta: 0.04, useBiasCorrectionKl: false, ...more };
  const folder = tinyWorkspace(config);
  const { result } = await trainHere(join(folder, 'run.grpo.json'));
  const metrics = metricsOf(result.run).filter(({ step }) => step > 0);
  for (const { step, entropy, kl } of metrics) {
    const rows = rolloutsOf(result.run, step);
    const updates = updatesOf(result.run, step);
    expect(updates.map(({ entropies }) => entropies!.length)).toEqual(rows.map((row) => row.completion_ids.length));
    const counts = rows.map((row) => !('maskTruncatedCompletions' in more && row.truncated));
    const counted = updates.filter((_, row) => counts[row]);
    expect(counted.length).toBeGreaterThan(0);
    expect(meanOf(counted.map((row) => row.entropies!))).toBeCloseTo(entropy!, 4);
    expect(meanOf(counted.map((row) => row.kl!))).toBeCloseTo(kl!, 4);
    for (const row of updates) expect(row).not.toHaveProperty('ratios');
  }
  // The policy has left its reference, or the KL divergences would say nothing.
  expect(metrics.at(-1)!.kl).toBeGreaterThan(1e-5);
});

test('ratios of the last pass are those between forward passes of two policies', async () => {
  // After one pass, both runs have the same policy: the first saves it, the second takes its ratios from it.
  const config = { maxSteps: 1, saveSteps: 1, learningRate: 1e-2, lrSchedulerType: 'constant', temperature: 0.8 };
  const folder = tinyWorkspace(config);
  const file = join(folder, 'run.grpo.json');
  const once = await trainHere(file, { out: join(folder, 'once') });
  const twice = await trainHere(file, { out: join(folder, 'twice'), set: ['numIterations=2'] });
  const rows = rolloutsOf(twice.result.run, 1);
  expect(rows.map((row) => row.completion_ids)).toEqual(
    rolloutsOf(once.result.run, 1).map((row) => row.completion_ids),
  );

  const run = await prepareRun(loadRunConfig(file), { rewardWorker });
  try {
    const learner = new LocalLearner(run);
    const completions = rows.map((row) => ({ promptIds: row.prompt_ids, completionIds: row.completion_ids }));
    const before = await learner.logProbs(completions, run.config.numGenerations);
    await learner.restore(join(once.result.run, 'checkpoints', stepName(1)));
    const after = await learner.logProbs(completions, run.config.numGenerations);
    const updates = updatesOf(twice.result.run, 1);
    const ratios = updates.flatMap((row) => row.ratios!);
    const expected = after.flatMap((list, row) =>
      list.map((logProb, token) => Math.exp(logProb - before[row]![token]!)),
    );
    expect(ratios).toHaveLength(expected.length);
    for (const [token, ratio] of ratios.entries()) expect(Math.abs(ratio / expected[token]! - 1)).toBeLessThan(1e-3);
    expect(Math.max(...ratios)).toBeGreaterThan(1.01);
  } finally {
    await run.rewards.close();
  }
});
