/** Groups without a learning signal get more completions, and everything that reads a run takes groups of different sizes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import { computeAdvantages } from '../../../src/grpo/advantages.ts';
import { inGroups } from '../../../src/protocol/row-groups.ts';
import { type RolloutRow, stepName } from '../../../src/protocol/run-folder.ts';
import { readStepRewards } from '../../../src/run-folder/step-rewards.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import { metricsOf, rolloutsOf, runGrpo, timeless, tinyWorkspace, trainHere, updatesOf } from './workspace.ts';

/** Of three prompts, one is too easy, one is rarely solved, and one is as a rule different each time. */
const FILES = {
  'prompts.jsonl': Array.from({ length: 12 }, (_, n) => ({ prompt: `${n} + ${n}`, n })),
  'some.reward.ts': `export function some({ completion, n }: { completion: string; n: number }) {
  const letters = [...completion].filter((letter) => letter <= 'n').length;
  return n % 3 === 0 ? 9 : n % 3 === 1 ? Number(letters === 5) : letters;
}
`,
};
const CONFIG = {
  ...{ rewards: ['some.reward.ts'], generations: { min: 4, max: 12 }, shuffleDataset: false },
  ...{ promptsPerStep: 3, maxSteps: 4, saveSteps: 2 },
};
const setUp = ({ numGenerations = undefined, ...config }: Record<string, unknown> = {}) =>
  join(tinyWorkspace({ ...CONFIG, numGenerations, ...config }, FILES), 'run.grpo.json');

const sizesOf = (rows: readonly RolloutRow[]) => inGroups(rows).map(({ length }) => length);
const hasSignal = (rows: readonly RolloutRow[]) => new Set(rows.map(({ reward }) => reward)).size > 1;

test('only groups without a signal get more, until they have one or as many as there may be', async () => {
  const { result } = await trainHere(setUp());
  const seen = new Set<number>();
  for (const [index, metrics] of metricsOf(result.run).entries()) {
    const rows = rolloutsOf(result.run, index + 1);
    const groups = inGroups(rows);
    for (const group of groups) {
      seen.add(group.length);
      const before = group.slice(0, group.length - 4);
      if (before.length > 0) expect(hasSignal(before)).toBe(false);
      if (!hasSignal(group)) expect(group).toHaveLength(12);
      // All of them count.
      const rewards = group.map(({ reward }) => reward!);
      const { advantages } = computeAdvantages(
        rewards.map((reward) => [reward]),
        [1],
        group.length,
        { scaleRewards: 'group', multiObjectiveAggregation: 'sum_then_normalize', baseline: 'group' },
      );
      group.forEach(({ advantage }, row) => {
        expect(advantage).toBeCloseTo(advantages[row]!, 6);
      });
    }
    expect(metrics).toMatchObject({
      'generations/sampled': rows.length,
      'generations/extra': rows.length - 12,
      'generations/no_signal_ratio': groups.filter((group) => !hasSignal(group)).length / 3,
    });
    expect(updatesOf(result.run, index + 1)).toHaveLength(rows.length);
  }
  expect([...seen].sort((a, b) => a - b)).toEqual([4, 8, 12]);
});

test('a resumed run adds the same completions, to the bit', async () => {
  const config = setUp({ beta: 0.1, baseline: 'history', scaleRewards: 'none', maxRows: 6 });
  const folder = join(config, '..');
  const whole = await trainHere(config, { out: join(folder, 'whole') });
  expect(new Set(rolloutsOf(whole.result.run, 1).map(({ group }) => group)).size).toBe(3);
  const control = new RunControl();
  const out = join(folder, 'parts');
  await trainHere(config, { out, control, onEvent: (event) => event.type === 'step' && control.stop() });
  const { result } = await trainHere(config, { out, resume: true });
  expect(metricsOf(result.run).map(timeless)).toEqual(metricsOf(whole.result.run).map(timeless));
  for (const file of [`rollouts/${stepName(4)}.jsonl`, `checkpoints/${stepName(4)}/model.safetensors`])
    expect(readFileSync(join(result.run, file)).equals(readFileSync(join(whole.result.run, file))), file).toBe(true);
});

test.each([
  ['in parts', { gradientAccumulationSteps: 3, scaleRewards: 'batch' }],
  ['in parts that count as a whole', { gradientAccumulationSteps: 4, lossType: 'bnpo', beta: 0.1 }],
  ['with a preference', { dpoCoef: 0.5, beta: 0.1 }],
  ['with several passes', { numIterations: 2, beta: 0.05, lossType: 'dr_grpo' }],
])('a step learns from groups of different sizes %s', async (_, more) => {
  const { result } = await trainHere(setUp({ ...more, maxSteps: 1 }));
  const rows = rolloutsOf(result.run, 1);
  expect(new Set(sizesOf(rows)).size).toBeGreaterThan(1);
  expect(metricsOf(result.run)[0]!.grad_norm).toBeGreaterThan(0);
});

test('the gradient is the same however the completions are cut', async () => {
  const of = async (gradientAccumulationSteps: number) => {
    const { result } = await trainHere(setUp({ gradientAccumulationSteps, maxSteps: 1 }));
    return metricsOf(result.run)[0]!.grad_norm!;
  };
  expect(await of(4)).toBeCloseTo(await of(1), 5);
});

test('groups that still have no signal are replaced by other prompts', async () => {
  const both = { dynamicSampling: { maxRounds: 3 }, generations: { min: 4, max: 8 }, maxSteps: 2 };
  const { result } = await trainHere(setUp(both));
  const rows = rolloutsOf(result.run, 1);
  const groups = inGroups(rows);
  for (const group of groups) if (group[0]!.discarded) expect(group).toHaveLength(8);
  expect(groups.filter(([first]) => !first!.discarded).every(hasSignal)).toBe(true);
  const [first] = metricsOf(result.run);
  expect(first).toMatchObject({
    'generations/sampled': rows.length,
    'generations/no_signal_ratio': first!['dynamic_sampling/wasted_ratio'],
  });
  expect(first!['dynamic_sampling/wasted_ratio']).toBeGreaterThan(0);
});

test('steps of completions are paid for within their own group', async () => {
  const steps = `export function steps({ completion, n }: { completion: string; n: number }) {
  const whole = { end: completion.length, score: n % 2 === 0 ? 1 : completion.length };
  return { score: 0, steps: [{ end: Math.ceil(completion.length / 2), score: 1 }, whole] };
}
`;
  const folder = tinyWorkspace(
    { ...CONFIG, numGenerations: undefined, rewards: ['steps.reward.ts'], maxSteps: 1 },
    { ...FILES, 'steps.reward.ts': steps },
  );
  const { result } = await trainHere(join(folder, 'run.grpo.json'));
  expect(new Set(sizesOf(rolloutsOf(result.run, 1))).size).toBeGreaterThan(1);
  const arithmetic = await runGrpo('explain', result.run, '--step', '1', '--group', '1', '--json');
  expect(arithmetic.status).toBe(0);
});

test('what reads a run takes groups as they are', async () => {
  const config = setUp();
  const { result } = await trainHere(config, { out: join(config, '..', 'run') });
  const rows = rolloutsOf(result.run, 1);
  const [large] = inGroups(rows).toSorted((a, b) => b.length - a.length);
  expect(large!.length).toBeGreaterThan(4);
  expect((await readStepRewards(result.run, 1)).completions).toBe(rows.length);
  const learns = inGroups(rows).find(hasSignal)!;
  const explained = await runGrpo('explain', result.run, '--step', '1', '--group', String(learns[0]!.group));
  expect(explained).toMatchObject({ status: 0 });
  expect(explained.stdout).toContain('÷');
  const rescored = await runGrpo('rescore', result.run, '--step', '1', '--json');
  const [, step] = rescored.stdout.split('\n').map((line) => line && JSON.parse(line));
  expect(step).toMatchObject({ type: 'step', completions: rows.length, changed: 0, flips: 0, left_out: 0 });
});

test('what does not go together is refused at its place', async () => {
  const refused = (config: object, text: string) =>
    expect(() => loadRunConfig(join(tinyWorkspace({ ...CONFIG, ...config }, FILES), 'run.grpo.json'))).toThrow(text);
  refused(
    { numGenerations: 8 },
    '"numGenerations" cannot be 8 beside "generations", whose "min" (4) is in its place; remove it',
  );
  refused({ numGenerations: undefined, generations: { min: 4, max: 10 } }, '"max" that is a multiple of its "min" (4)');
  refused({ numGenerations: undefined, gradientAccumulationSteps: 5 }, 'must divide the 12 completions of a step');
  refused({ numGenerations: undefined, generations: { min: 4, max: 4e6 } }, 'promptsPerStep × generations.max');

  const config = setUp({ generations: null, numGenerations: 4 });
  const { result } = await trainHere(config, { out: join(config, '..', 'run') });
  const rollouts = join(result.run, 'rollouts', `${stepName(1)}.jsonl`);
  await expect(trainHere(config, { rollouts, set: ['generations={"min":4,"max":8}'] })).rejects.toThrow(
    '"generations" cannot add completions to recorded ones; set it to null, or train without --rollouts.',
  );
});

test('a stage has its own; a rejection stage samples the same number for all', async () => {
  const stages = [
    { kind: 'rejection', threshold: 0, maxSteps: 1 },
    { kind: 'grpo', generations: { min: 2, max: 6 }, maxSteps: 1 },
  ];
  const dynamicSampling = { maxRounds: 2 };
  const { result } = await trainHere(setUp({ dynamicSampling, stages }));
  expect(sizesOf(rolloutsOf(result.run, 1))).toEqual([4, 4, 4]);
  const rows = rolloutsOf(result.run, 2);
  expect(rows.some(({ discarded }) => discarded)).toBe(true);
  expect(new Set(sizesOf(rows))).toContain(6);
});
