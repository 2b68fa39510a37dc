/** Groups of earlier steps come back, with their advantages and the log-probabilities of their time, and nothing takes them for what the step sampled. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replayWeight } from '../../../src/grpo/replay.ts';
import { type RolloutRow, stepName } from '../../../src/protocol/run-folder.ts';
import { readStepRewards } from '../../../src/run-folder/step-rewards.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import { metricsOf, rolloutsOf, runGrpo, timeless, tinyWorkspace, trainHere, updatesOf } from './workspace.ts';

const CONFIG = {
  ...{ replay: { share: 0.5, capacity: 3, maxWeight: 1.2 }, maxSteps: 5, saveSteps: 2 },
  ...{ learningRate: 2e-2, lossType: 'grpo', maxGradNorm: 0 },
};
const FILES = {
  // Whole numbers that JavaScript would write otherwise.
  'prompts.jsonl': ['3 1 0 2', '17 + 25', 'What is the answer?'].map((p) => `{"prompt": "${p}", "n": 1.0}\n`).join(''),
};
const setUp = (config: object = {}) => join(tinyWorkspace({ ...CONFIG, ...config }, FILES), 'run.grpo.json');

const replayedOf = (run: string, step: number): RolloutRow[] =>
  rolloutsOf(run, step).filter(({ replayed_from }) => replayed_from !== undefined);

test('a step also learns from a group of an earlier one', async () => {
  const { result, events } = await trainHere(setUp());
  const { run } = result;
  expect(replayedOf(run, 1)).toEqual([]);
  expect(metricsOf(run)[0]).not.toHaveProperty('replay/share');
  for (const step of [2, 3, 4, 5]) {
    const rows = rolloutsOf(run, step);
    const replayed = replayedOf(run, step);
    expect(rows.map(({ group }) => group)).toEqual([0, 1, 2].flatMap((group) => Array(4).fill(group)));
    expect(rows.slice(8)).toEqual(replayed);
    // As it was recorded, but for its place.
    const from = replayed[0]!.replayed_from!;
    expect(from).toBeLessThan(step);
    const group = rolloutsOf(run, from).filter(({ completion }) =>
      replayed.some((row) => row.completion === completion),
    );
    const { step: _step, group: _group, replayed_from: _from, ...first } = replayed[0]!;
    expect(group.map(({ step: _s, group: _g, ...row }) => row)).toContainEqual(first);
    expect(replayed.some(({ advantage }) => advantage !== 0)).toBe(true);

    const updated = updatesOf(run, step);
    expect(updated).toHaveLength(12);
    const weights = updated.map(({ weight }) => weight);
    expect(weights.slice(0, 8)).toEqual(Array(8).fill(undefined));
    replayed.forEach(({ logprobs }, place) => {
      const { ratios, weight } = updated[8 + place]!;
      // In the first update the policy is that of the start of the step.
      const now = ratios!.map((ratio, token) => logprobs![token]! + Math.log(ratio));
      const mask = now.map(() => 1);
      expect(weight).toBeCloseTo(replayWeight(now, logprobs as number[], mask, 1.2), 3);
      expect(Math.max(...ratios!.map((ratio) => Math.abs(ratio - 1)))).toBeGreaterThan(1e-3);
    });
    const metrics = metricsOf(run)[step - 1]!;
    expect(metrics['replay/share']).toBeCloseTo(1 / 3, 12);
    const sum = weights.slice(8).reduce<number>((total, weight) => total + weight!, 0);
    expect(metrics['replay/weight']).toBeCloseTo(sum / 4, 3);
    // Averages are over what the step sampled.
    const own = rows.slice(0, 8);
    expect(metrics.reward).toBeCloseTo(own.reduce((total, { reward }) => total + reward!, 0) / 8, 9);
    expect(events).toContainEqual(expect.objectContaining({ type: 'scored', step, completions: 8 }));
    expect(await readStepRewards(run, step)).toMatchObject({ completions: 8 });
  }
  // The three latest groups with a signal.
  const froms = [2, 3, 4, 5].map((step) => step - replayedOf(run, step)[0]!.replayed_from!);
  expect(Math.max(...froms)).toBeLessThanOrEqual(3);
  expect(readFileSync(join(run, 'rollouts', `${stepName(3)}.jsonl`), 'utf8').match(/"n":1\.0/g)).toHaveLength(12);

  const { stdout, status } = await runGrpo('explain', run, '--step', '3', '--group', '2');
  const text = stdout.replace(/\s+/g, ' ');
  expect(status).toBe(0);
  expect(text).toContain(`This was done in step ${replayedOf(run, 3)[0]!.replayed_from}`);
  expect(text).toContain('A replayed completion counts w times');
  expect(text).toContain('weight of a token × w');
  const explained = JSON.parse((await runGrpo('explain', run, '--step', '3', '--group', '2', '--json')).stdout);
  const { head, rows } = explained.sections.at(-1).table;
  const recorded = updatesOf(run, 3).slice(8, 12);
  for (const row of rows as string[][]) {
    const shown = Number(row[head.indexOf('w')]);
    expect(recorded.some(({ weight }) => Math.abs(weight! - shown) < 5e-4 * shown)).toBe(true);
  }
  const other = await runGrpo('explain', run, '--step', '3', '--group', '0');
  expect(other.stdout).not.toContain('replayed');

  const lines = (await runGrpo('rescore', run, '--json')).stdout.trimEnd().split('\n');
  const steps = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'step');
  expect(steps.map(({ completions, left_out }) => [completions, left_out])).toEqual(Array(5).fill([8, 0]));
});

test('it learns something else than without, and the same when it is resumed, in mini-batches too', async () => {
  const settings = { numMiniBatches: 3, numIterations: 2, beta: 0.02 };
  const config = setUp(settings);
  const folder = join(config, '..');
  const whole = await trainHere(config, { out: join(folder, 'whole') });
  const control = new RunControl();
  const out = join(folder, 'parts');
  await trainHere(config, {
    ...{ out, control },
    onEvent: (event) => void (event.type === 'step' && event.step === 3 && control.stop()),
  });
  const { result } = await trainHere(config, { out, resume: true });
  expect(metricsOf(result.run).map(timeless)).toEqual(metricsOf(whole.result.run).map(timeless));
  const files = [`rollouts/${stepName(5)}.jsonl`, `updates/${stepName(5)}.jsonl`];
  const saved = ['model.safetensors', 'replay.json'].map((name) => `checkpoints/${stepName(5)}/${name}`);
  for (const file of [...files, ...saved])
    expect(readFileSync(join(result.run, file)).equals(readFileSync(join(whole.result.run, file))), file).toBe(true);

  const without = await trainHere(setUp({ ...settings, replay: null }));
  const [a, b] = [whole, without].map(({ result }) => metricsOf(result.run)[2]!.loss);
  expect(a).not.toBe(b);
});

test('what a step replays is not recorded for training on it, and recorded completions are not replayed', async () => {
  const config = setUp({ maxSteps: 2 });
  const { result } = await trainHere(config);
  const rollouts = join(result.run, 'rollouts', `${stepName(2)}.jsonl`);
  await expect(trainHere(config, { rollouts })).rejects.toThrow(
    '"replay" cannot be combined with recorded completions; set it to null, or train without --rollouts.',
  );
  const again = await trainHere(setUp({ maxSteps: 1, replay: null }), { rollouts });
  expect(rolloutsOf(again.result.run, 1)).toHaveLength(8);
});
