/** Groups without a learning signal are replaced by other prompts, and nothing that reads a run takes them for what it learned from. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import { inGroups } from '../../../src/protocol/row-groups.ts';
import { type RolloutRow, stepName } from '../../../src/protocol/run-folder.ts';
import { readStepRewards } from '../../../src/run-folder/step-rewards.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import { LocalLearner } from '../../../src/trainer/policy/local-learner.ts';
import { prepareRun } from '../../../src/trainer/prepare.ts';
import type { ScoredCompletions } from '../../../src/trainer/stage.ts';
import { GrpoStage } from '../../../src/trainer/stages/grpo.ts';
import {
  metricsOf,
  rewardWorker,
  rolloutsOf,
  runGrpo,
  timeless,
  tinyWorkspace,
  trainHere,
  updatesOf,
} from './workspace.ts';

const PROMPTS = 20;
/** Of three prompts, two are too easy. */
const FILES = {
  'prompts.jsonl': Array.from({ length: PROMPTS }, (_, n) => ({ prompt: `${n} + ${n}`, n })),
  'some.reward.ts': `export const some = ({ completion, n }: { completion: string; n: number }) =>
  n % 3 === 0 ? [...completion].filter((letter) => letter <= 'n').length : 9;
`,
  'same.reward.ts': 'export const same = () => 1;\n',
  'failing.reward.ts': `export function failing({ completion, n }: { completion: string; n: number }) {
  if (n >= 2 && n % 3 !== 0) throw new Error('not this one');
  return n < 2 ? 1 : completion.length;
}
`,
};
const CONFIG = {
  ...{ rewards: ['some.reward.ts'], dynamicSampling: { maxRounds: 4 }, shuffleDataset: false },
  ...{ maxSteps: 4, saveSteps: 2 },
};
const setUp = (config: object = {}) => join(tinyWorkspace({ ...CONFIG, ...config }, FILES), 'run.grpo.json');

/** The prompts of a step's groups, used and discarded ones, by their number in the dataset. */
function drawn(run: string, step: number): { used: number[]; discarded: number[] } {
  const firsts = rolloutsOf(run, step).filter(
    ({ group }, row, rows) => rows.findIndex((r) => r.group === group) === row,
  );
  const numbers = (which: boolean) =>
    firsts.filter(({ discarded = false }) => discarded === which).map(({ columns }) => columns!.n as number);
  return { used: numbers(false), discarded: numbers(true) };
}

test('a step goes on drawing until it is full, and the next one begins there', async () => {
  const { result, events } = await trainHere(setUp());
  // In the order of the dataset; of each round as many as are missing.
  expect(drawn(result.run, 1)).toEqual({ used: [0, 3], discarded: [1, 2] });
  expect(drawn(result.run, 2)).toEqual({ used: [6, 9], discarded: [4, 5, 7, 8] });
  const all = [1, 2, 3, 4].flatMap((step) => Object.values(drawn(result.run, step)).flat());
  const inOrder = (numbers: number[]) => numbers.toSorted((a, b) => a - b);
  expect(inOrder(all)).toEqual(inOrder(all.map((_, position) => position % PROMPTS)));

  const [first, second] = metricsOf(result.run);
  expect(first).toMatchObject({
    'dynamic_sampling/rounds': 3,
    'dynamic_sampling/wasted_ratio': 0.5,
    'groups/signal': 1,
  });
  expect(second).toMatchObject({ 'groups/signal': 1, 'groups/too_easy': 0 });
  const rows = rolloutsOf(result.run, 1);
  // Those that it learned from come first, and are counted from 0.
  expect(rows.map(({ group }) => group)).toEqual([0, 1, 2, 3].flatMap((group) => Array(4).fill(group)));
  expect(rows.map(({ advantage, discarded }) => discarded && advantage)).toEqual([
    ...Array(8).fill(undefined),
    ...Array(8).fill(0),
  ]);
  expect(updatesOf(result.run, 1)).toHaveLength(8);
  // Tokens of all that was sampled, as the time it took is of all.
  expect(first!.num_tokens).toBe(rows.reduce((sum, row) => sum + row.prompt_ids.length + row.length, 0));
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'scored', step: 1, completions: 8, reward: first!.reward }),
  );
});

test('a resumed run draws the same prompts, to the bit', async () => {
  const config = setUp({ shuffleDataset: true });
  const folder = join(config, '..');
  const whole = await trainHere(config, { out: join(folder, 'whole') });
  const control = new RunControl();
  const out = join(folder, 'parts');
  await trainHere(config, { out, control, onEvent: (event) => event.type === 'step' && control.stop() });
  const { result } = await trainHere(config, { out, resume: true });
  expect(metricsOf(result.run).map(timeless)).toEqual(metricsOf(whole.result.run).map(timeless));
  for (const file of [`rollouts/${stepName(4)}.jsonl`, `checkpoints/${stepName(4)}/model.safetensors`])
    expect(readFileSync(join(result.run, file)).equals(readFileSync(join(whole.result.run, file))), file).toBe(true);
});

test('the step is what was found, or its first prompts where nothing was', async () => {
  const few = await trainHere(setUp({ promptsPerStep: 4, maxSteps: 1, dynamicSampling: { maxRounds: 2 } }));
  // Four, then the two that were missing.
  expect(drawn(few.result.run, 1)).toEqual({ used: [0, 3], discarded: [1, 2, 4, 5] });
  const none = await trainHere(
    setUp({ rewards: ['same.reward.ts'], maxSteps: 1, dynamicSampling: { maxRounds: 100 } }),
  );
  const { used, discarded } = drawn(none.result.run, 1);
  expect(used).toEqual([0, 1]);
  // No prompt twice in a step.
  expect([...used, ...discarded]).toEqual(Array.from({ length: PROMPTS }, (_, n) => n));
  expect(metricsOf(none.result.run)[0]).toMatchObject({
    'dynamic_sampling/wasted_ratio': 1,
    'groups/signal': 0,
    loss: 0,
  });
});

test('replacements that cannot be scored are replaced, too', async () => {
  const { result, events } = await trainHere(
    setUp({ rewards: ['failing.reward.ts'], maxSteps: 1, dynamicSampling: {} }),
  );
  expect(drawn(result.run, 1)).toEqual({ used: [3, 6], discarded: [0, 1, 2, 4, 5] });
  expect(events.some((event) => event.type === 'log' && event.message.includes('not this one'))).toBe(true);
});

test('a bnpo step that is not full is cut into as many parts', async () => {
  const bnpo = { promptsPerStep: 3, gradientAccumulationSteps: 3, lossType: 'bnpo', dynamicSampling: { maxRounds: 2 } };
  const { result } = await trainHere(setUp({ ...bnpo, maxSteps: 1 }));
  expect(drawn(result.run, 1).used).toEqual([0, 3]);
  expect(metricsOf(result.run)[0]!.grad_norm).toBeGreaterThan(0);
});

test('a group of equal rewards has a signal where its history says so, and only what is used is remembered', async () => {
  const history = { baseline: 'history', dynamicSampling: { maxRounds: 2 }, maxSteps: 20 };
  const run = await prepareRun(loadRunConfig(setUp(history), { set: ['maxRows=5'] }), { rewardWorker });
  onTestFinished(() => run.rewards.close());
  // All completions of a step get the same reward, which rises from step to step.
  const stage = new GrpoStage(run, new LocalLearner(run), {
    score: async (rollout, step) => ({
      columns: [{ name: 'step', weight: 1, seconds: 0, outcomes: rollout.map(() => ({ kind: 'score', score: step })) }],
      ...{ metrics: {}, extra: {} },
    }),
  });
  const scored: ScoredCompletions[] = [];
  const loop = {
    ...{ stopping: false, attended: false, emit: () => {}, save: async () => {}, pause: async () => false },
    scored: async (step: ScoredCompletions) => scored.push(step) > 0,
  };
  const numbers = (rows: RolloutRow[] = []) => [...new Set(rows.map(({ columns }) => columns!.n))];
  const [first, second] = [await stage.step(loop), await stage.step(loop)];
  expect(first!.metrics).toMatchObject({ 'groups/signal': 0, 'dynamic_sampling/wasted_ratio': 1 });
  expect([numbers(scored[0]!.rows), numbers(scored[0]!.discarded)]).toEqual([
    [0, 1],
    [2, 3],
  ]);
  // Those that step 1 learned from have a history now; the fifth has none.
  expect(second!.metrics).toMatchObject({ 'groups/signal': 1, 'groups/reward_std': 0 });
  expect([numbers(scored[1]!.rows), numbers(scored[1]!.discarded)]).toEqual([[0, 1], [4]]);
  for (const { advantage, prompt_history: known } of scored[1]!.rows) {
    expect(known).toMatchObject({ rows: 2, mean: 1 });
    expect(advantage).toBeCloseTo(2 - (2 * 1 + 4 * 2) / 6, 6);
  }
  for (const row of scored[1]!.discarded!) expect(row).not.toHaveProperty('prompt_history');
});

test('a history is refused only where no prompt can come up twice, replaced ones included', async () => {
  const history = { baseline: 'history', maxSteps: 3 };
  const prepare = async (maxRounds: number) => {
    const run = await prepareRun(loadRunConfig(setUp({ ...history, dynamicSampling: { maxRounds } })), {
      rewardWorker,
    });
    onTestFinished(() => run.rewards.close());
  };
  await prepare(4);
  await expect(prepare(2)).rejects.toThrow('the run takes at most 12 prompts (4 × 3 steps), and the dataset has 20.');
});

test('rewards on length give a signal, too, and their weight changes once in a step', async () => {
  const same = { rewards: ['same.reward.ts'], maxSteps: 2, dynamicSampling: { maxRounds: 3 } };
  const { result } = await trainHere(setUp({ ...same, lengthPenalty: { target: 1, learningRate: 0.01 } }));
  const [first, second] = metricsOf(result.run);
  // Its weight starts at 0.
  expect(first).toMatchObject({ 'dynamic_sampling/rounds': 3, 'groups/signal': 0, 'length_penalty/weight': 0 });
  expect(second!['length_penalty/weight']).toBeCloseTo(0.01 * (first!['completions/mean_length']! - 1), 12);
  expect(second).toMatchObject({ 'groups/signal': 1, 'rewards/same/std': 0 });
  for (const rows of inGroups(rolloutsOf(result.run, 2)))
    expect(new Set(rows.map(({ length }) => length)).size > 1).toBe(!rows[0]!.discarded);
});

test('what reads a run leaves them out, or says what they are', async () => {
  const config = setUp();
  const { result } = await trainHere(config, { out: join(config, '..', 'run') });
  const explain = (group: number) => runGrpo('explain', result.run, '--step', '1', '--group', String(group));
  expect(await explain(2)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Group 2 of step 1 was discarded'),
  });
  const explained = await explain(1);
  expect(explained.status).toBe(0);
  expect((await readStepRewards(result.run, 1)).completions).toBe(8);
  const rescored = await runGrpo('rescore', result.run, '--step', '1', '--json');
  const [, step] = rescored.stdout.split('\n').map((line) => line && JSON.parse(line));
  expect(step).toMatchObject({ type: 'step', completions: 8, changed: 0, left_out: 0 });

  const rollouts = join(result.run, 'rollouts', `${stepName(1)}.jsonl`);
  const replayed = await trainHere(config, {
    rollouts,
    out: join(config, '..', 'replayed'),
    set: ['maxSteps=1', 'dynamicSampling=null'],
  });
  const learned = rolloutsOf(result.run, 1).filter(({ discarded }) => !discarded);
  expect(rolloutsOf(replayed.result.run, 1).map(({ advantage }) => advantage)).toEqual(
    learned.map(({ advantage }) => advantage),
  );
  await expect(trainHere(config, { rollouts })).rejects.toThrow(
    '"dynamicSampling" cannot replace recorded completions; set it to null, or train without --rollouts.',
  );
});

test('prompts to replace others by are needed', async () => {
  await expect(trainHere(setUp({ promptsPerStep: PROMPTS }))).rejects.toThrow(
    '"dynamicSampling" needs more prompts than "promptsPerStep" (20), but there are 20; set it to null, or lower "promptsPerStep".',
  );
});

test('a stage begins with the first prompt, and is resumed where it drew the last', async () => {
  const { rewards, dynamicSampling, ...more } = CONFIG;
  const stages = [
    { kind: 'sft', dataset: 'demonstrations.jsonl', maxSteps: 1 },
    { kind: 'grpo', rewards, dynamicSampling, maxSteps: 3 },
  ];
  const demonstrations = Array.from({ length: 4 }, (_, n) => ({ prompt: `${n} + 1`, completion: ` ${n + 1}` }));
  const folder = tinyWorkspace({ ...more, rewards, stages }, { ...FILES, 'demonstrations.jsonl': demonstrations });
  const config = join(folder, 'run.grpo.json');
  const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
  await trainHere(config, { out: whole });
  expect(drawn(whole, 2)).toEqual({ used: [0, 3], discarded: [1, 2] });
  const control = new RunControl();
  await trainHere(config, {
    ...{ out: parts, control },
    onEvent: (event) => event.type === 'step' && event.step === 3 && control.stop(),
  });
  await trainHere(config, { out: parts, resume: true });
  expect(drawn(parts, 4)).toEqual(drawn(whole, 4));
  expect(metricsOf(parts).map(timeless)).toEqual(metricsOf(whole).map(timeless));
});
