/** Rewards on length that a config turns on: recorded, explained, adapted, and continued after a stop. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stepName } from '../../../src/protocol/run-folder.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import { metricsOf, rolloutsOf, runGrpo, timeless, tinyWorkspace, trainHere } from './workspace.ts';

const CONFIG = {
  ...{ maxSteps: 5, saveSteps: 2, rewards: [{ file: 'letters.reward.ts', weight: 3 }] },
  overlongPenalty: { cache: 4, factor: 0.5 },
  lengthPenalty: { target: 3, learningRate: 0.2 },
};

test('each step has the penalties of its lengths, and a weight that follows them', async () => {
  const folder = tinyWorkspace(CONFIG);
  const config = join(folder, 'run.grpo.json');
  const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
  await trainHere(config, { out: whole });
  let weight = 0;
  for (const metrics of metricsOf(whole)) {
    expect(metrics['length_penalty/weight']).toBeCloseTo(weight, 12);
    const rows = rolloutsOf(whole, metrics.step);
    for (const { length, rewards, reward } of rows) {
      expect(rewards.overlong_penalty).toBeCloseTo(length <= 4 ? 0 : (-0.5 * (length - 4)) / 4, 12);
      expect(rewards.length_penalty).toBeCloseTo(-weight * Math.max(0, (length - 3) / 8), 12);
      expect(reward).toBeCloseTo(3 * rewards.letters! + rewards.overlong_penalty! + rewards.length_penalty!, 12);
    }
    const mean = rows.reduce((sum, { length }) => sum + length, 0) / rows.length;
    weight = Math.min(1, Math.max(0, weight + (0.2 * (mean - 3)) / 3));
  }
  expect(weight).toBeGreaterThan(0);

  const control = new RunControl();
  await trainHere(config, {
    ...{ out: parts, control },
    onEvent: (event) => event.type === 'step' && event.step === 3 && control.stop(),
  });
  await trainHere(config, { out: parts, resume: true });
  expect(metricsOf(parts).map(timeless)).toEqual(metricsOf(whole).map(timeless));
  for (const file of ['model.safetensors', 'length_penalty.json']) {
    const [a, b] = [parts, whole].map((run) => readFileSync(join(run, 'checkpoints', stepName(5), file)));
    expect(a!.equals(b!), file).toBe(true);
  }

  const explained = (await runGrpo('explain', whole)).stdout.replaceAll(/\s+/g, ' ');
  expect(explained).toContain('R = 3 × letters + overlong_penalty + length_penalty');
  expect(explained).not.toContain('but the run recorded');
  const { stdout } = await runGrpo('rescore', whole, '--json');
  const steps = stdout.split('\n').flatMap((line) => (line.includes('"type":"step"') ? JSON.parse(line) : []));
  expect(steps).toHaveLength(5);
  for (const step of steps) expect(step).toMatchObject({ changed: 0, flips: 0 });
});

test('a completion that no function scored has no reward, however long it is', async () => {
  const folder = tinyWorkspace(CONFIG, {
    'letters.reward.ts': 'export const letters = ({ n }: { n: number }) => (n === 0 ? null : 1);',
  });
  const { run } = (await trainHere(join(folder, 'run.grpo.json'))).result;
  const rows = [1, 2, 3].flatMap((step) => rolloutsOf(run, step)).filter(({ columns }) => columns!.n === 0);
  expect(rows.length).toBeGreaterThan(0);
  for (const { reward, rewards } of rows) {
    expect(reward).toBeNull();
    expect(rewards).toEqual({ letters: null, overlong_penalty: null, length_penalty: null });
  }
});

test.each([
  [
    { overlongPenalty: { cache: 9 } },
    /"overlongPenalty" must have a "cache" that is not above maxCompletionLength \(8\)\./,
  ],
  [
    { lengthPenalty: { target: 9 } },
    /"lengthPenalty" must have a "target" that is not above maxCompletionLength \(8\)\./,
  ],
  [
    { lengthPenalty: { target: 4, maxWieght: 2 } },
    /Unknown field "lengthPenalty\.maxWieght"\. Did you mean "maxWeight"\?/,
  ],
])('%o is refused', async (changes, message) => {
  const { status, stderr } = await runGrpo('train', join(tinyWorkspace(changes), 'run.grpo.json'));
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});

test('a function of the same name is refused', async () => {
  const folder = tinyWorkspace(
    { overlongPenalty: { cache: 4 }, rewards: ['own.reward.ts'] },
    { 'own.reward.ts': 'export const overlong_penalty = () => 1;' },
  );
  const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
  expect(status).toBe(2);
  expect(stderr).toContain('"overlongPenalty" adds the reward "overlong_penalty", and one of the reward functions');
});
