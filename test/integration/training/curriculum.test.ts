/** Prompts are chosen by their measured solve rates. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import { promptKey } from '../../../src/data/difficulty.ts';
import { inGroups } from '../../../src/protocol/row-groups.ts';
import { stepName } from '../../../src/protocol/run-folder.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import { metricsOf, rolloutsOf, runGrpo, timeless, tinyWorkspace, trainHere } from './workspace.ts';

const PROMPTS = Array.from({ length: 20 }, (_, n) => ({ prompt: `${n} + ${n}`, n }));
/** The first is the hardest; none is solved by all completions. */
const rateOf = (n: number) => n / 20;
const MEASURED = PROMPTS.map(({ prompt, n }) => ({
  ...{ key: promptKey({ prompt, columns: { n } }), prompt, rewards: [0], solve_rate: rateOf(n) },
}));
const FILES = { 'prompts.jsonl': PROMPTS, 'run.difficulty.jsonl': [{ settings: {} }, ...MEASURED] };
const CONFIG = { difficulty: {}, curriculum: { kind: 'easy-first', pace: 1 }, maxSteps: 6, saveSteps: 3 };
const setUp = (config: object = {}, files: object = {}) =>
  join(tinyWorkspace({ ...CONFIG, ...config }, { ...FILES, ...files }), 'run.grpo.json');

const drawn = (run: string, step: number) => inGroups(rolloutsOf(run, step)).map(([row]) => row!.columns!.n as number);

test('easy prompts come first, and a resumed run takes the same ones', async () => {
  const config = setUp();
  const folder = join(config, '..');
  const { result } = await trainHere(config, { out: join(folder, 'whole') });
  // The easiest prompt, and as that is not enough the next one.
  expect(drawn(result.run, 1)).toEqual([19, 18]);
  const metrics = metricsOf(result.run);
  for (const [index, row] of metrics.entries()) {
    const rates = drawn(result.run, index + 1).map(rateOf);
    expect(row['curriculum/solve_rate']).toBeCloseTo((rates[0]! + rates[1]!) / 2, 12);
  }
  const control = new RunControl();
  const out = join(folder, 'parts');
  await trainHere(config, { out, control, onEvent: (event) => event.type === 'step' && control.stop() });
  const resumed = await trainHere(config, { out, resume: true });
  expect(metricsOf(resumed.result.run).map(timeless)).toEqual(metrics.map(timeless));
  const last = `rollouts/${stepName(6)}.jsonl`;
  expect(readFileSync(join(out, last)).equals(readFileSync(join(result.run, last)))).toBe(true);
});

test('with dynamic sampling, other prompts are the next of the curriculum', async () => {
  const same = { 'same.reward.ts': 'export const same = ({ n }: { n: number }) => (n === 16 ? Math.random() : 1);\n' };
  const config = setUp({ rewards: ['same.reward.ts'], dynamicSampling: {}, maxSteps: 1, promptsPerStep: 1 }, same);
  const { result } = await trainHere(config);
  expect(drawn(result.run, 1)).toEqual([16, 19, 18, 17]);
  expect(metricsOf(result.run)[0]!['curriculum/solve_rate']).toBeCloseTo((19 + 18 + 17 + 16) / 4 / 20, 12);
});

test('without rates, or where something else orders the prompts, it is refused', async () => {
  const refused = (config: object, text: string) => expect(() => loadRunConfig(setUp(config))).toThrow(text);
  refused({ difficulty: null }, '"curriculum" requires solve rates; measure them by `grpo check --difficulty`');
  refused({ shuffleDataset: false }, '"curriculum" chooses prompts at random; remove shuffleDataset');
  await expect(trainHere(setUp({ promptsPerStep: 21 }))).rejects.toThrow(
    '"curriculum" takes each prompt once in a step, but "promptsPerStep" is 21, and there are 20; lower "promptsPerStep".',
  );
  const stages = [{ kind: 'grpo', dataset: 'others.jsonl' }];
  const others = { 'others.jsonl': [{ prompt: '1 + 1', n: 1 }] };
  await expect(trainHere(setUp({ stages }, others))).rejects.toThrow(
    'those of "difficulty" are not of the dataset that the stage has for itself; set it to null there.',
  );
  const history = { baseline: 'history', scaleRewards: 'none', maxSteps: 2, promptsPerStep: 1 };
  await expect(trainHere(setUp({ ...history, curriculum: { kind: 'learnability' }, seed: 1 }))).rejects.toThrow(
    'no prompt comes up twice',
  );
});

test('rates are measured by the config that uses them, and prompts are drawn by them', async () => {
  const changed = { ...CONFIG, curriculum: { kind: 'learnability' }, maxSteps: 1 };
  const config = join(tinyWorkspace(changed, { 'prompts.jsonl': PROMPTS }), 'run.grpo.json');
  const measured = await runGrpo('check', config, '--difficulty', '--n', '2');
  expect(measured).toMatchObject({ status: 0 });
  const { result } = await trainHere(config);
  expect(metricsOf(result.run)[0]).toHaveProperty('curriculum/solve_rate');
});
