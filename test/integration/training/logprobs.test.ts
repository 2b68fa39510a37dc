/** The log-probabilities that a run records are those of the policy that sampled, and come back with its rollouts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import { LocalLearner } from '../../../src/trainer/policy/local-learner.ts';
import { prepareRun } from '../../../src/trainer/prepare.ts';
import { metricsOf, rewardWorker, rolloutsOf, timeless, tinyWorkspace, trainHere } from './workspace.ts';

const config = { temperature: 0.7, topP: 0.9, maxSteps: 2, saveSteps: 1, learningRate: 1e-2 };

test('equal a forward pass of the policy that sampled, at its temperature', async () => {
  const folder = tinyWorkspace(config);
  const file = join(folder, 'run.grpo.json');
  const { result } = await trainHere(file);
  const run = await prepareRun(loadRunConfig(file), { rewardWorker });
  try {
    const learner = new LocalLearner(run);
    const forward = (step: number) =>
      learner.logProbs(
        rolloutsOf(result.run, step).map((row) => ({ promptIds: row.prompt_ids, completionIds: row.completion_ids })),
        run.config.numGenerations,
      );
    const difference = (step: number, wanted: number[][]) =>
      Math.max(
        ...rolloutsOf(result.run, step).flatMap((row, index) => {
          expect(row.logprobs).toHaveLength(row.completion_ids.length);
          return row.logprobs!.map((logProb, token) => Math.abs(logProb! - wanted[index]![token]!));
        }),
      );
    expect(difference(1, await forward(1))).toBeLessThan(1e-4);
    // The second step was sampled after an update: the start model's are others.
    expect(difference(2, await forward(2))).toBeGreaterThan(1e-3);
    await learner.restore(join(result.run, 'checkpoints', 'step-000001'));
    expect(difference(2, await forward(2))).toBeLessThan(1e-4);
  } finally {
    await run.rewards.close();
  }
});

test('are recorded again when a run trains on its own rollouts, and decide nothing', async () => {
  const folder = tinyWorkspace(config);
  const file = join(folder, 'run.grpo.json');
  const { result } = await trainHere(file, { out: join(folder, 'first') });
  const rows = [1, 2].flatMap((step) => rolloutsOf(result.run, step));
  const replay = async (name: string, recording: object[]) => {
    const rollouts = join(folder, `${name}.jsonl`);
    writeFileSync(rollouts, recording.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return (await trainHere(file, { rollouts, out: join(folder, name) })).result.run;
  };
  const withThem = await replay('with', rows);
  const without = await replay(
    'without',
    rows.map(({ logprobs: _, ...row }) => row),
  );
  expect([1, 2].flatMap((step) => rolloutsOf(withThem, step))).toEqual(rows);
  // Where tokens end is computed, whatever a recording says of it.
  const ends = rows.map((row) => ({ ...row, token_ends: row.completion_ids.map(() => 99) }));
  const misled = await replay('misled', ends);
  expect([1, 2].flatMap((step) => rolloutsOf(misled, step))).toEqual(rows);
  for (const row of rolloutsOf(without, 1)) expect(row).not.toHaveProperty('logprobs');
  expect(metricsOf(withThem).map(timeless)).toEqual(metricsOf(without).map(timeless));
});
