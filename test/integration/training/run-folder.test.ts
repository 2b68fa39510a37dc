/** What a run leaves behind, exactly, and that it can be trained on again. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { metricsRow, runInfo } from '../../../src/protocol/run-folder.ts';
import {
  eventsOf,
  metricsOf,
  onlyRun,
  readJson,
  rolloutsOf,
  runGrpo,
  runInfoOf,
  timeless,
  tinyConfig,
  tinyFiles,
  tinyWorkspace,
  trainHere,
} from './workspace.ts';

/** As TRL logs them (design, section 6), then ours. */
const KEYS = [
  ...[
    'step',
    'reward',
    'reward_max',
    'reward_min',
    'reward_std',
    'rewards/letters/mean',
    'rewards/letters/std',
    'frac_reward_zero_std',
  ],
  ...['completions/mean_length', 'completions/min_length', 'completions/max_length', 'completions/clipped_ratio'],
  ...['terminated_length'].flatMap((name) => ['mean', 'min', 'max'].map((each) => `completions/${each}_${name}`)),
  ...['entropy', 'kl', 'clip_ratio/low_mean', 'clip_ratio/high_mean', 'clip_ratio/region_mean'],
  ...['grad_norm', 'learning_rate', 'loss', 'update/relative_change', 'step_time', 'num_tokens'],
  ...['time/rollout', 'time/score', 'time/reference', 'time/update', 'rewards/failed_ratio'],
  ...['reward_std', 'signal', 'too_easy', 'too_hard', 'equal', 'truncated', 'abstained', 'failed'].map(
    (name) => `groups/${name}`,
  ),
];

const EVALUATION_KEYS = [
  ...['eval_reward', 'eval_rewards/letters/mean', 'eval_completions/mean_length', 'eval_completions/clipped_ratio'],
  'time/evaluate',
];

test('the files of a run, and the events of --json', async () => {
  const config = {
    ...{ beta: 0.01, maxSteps: 4, saveSteps: 1, saveTotalLimit: 2 },
    ...{ evalDataset: 'prompts.jsonl', evalSteps: 1, numGenerationsEval: 2 },
  };
  const folder = tinyWorkspace(config);
  const { status, stdout, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'), '--json');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const run = onlyRun(folder);
  expect(run).toMatch(/\/\d{8}-\d{6}-run$/);
  expect(readdirSync(run).sort()).toEqual([
    'checkpoints',
    'evaluations',
    'log.txt',
    'metrics.jsonl',
    'rewards',
    'rollouts',
    'run.json',
    'updates',
  ]);
  expect(readFileSync(join(run, 'rewards/letters.reward.ts'), 'utf8')).toBe(tinyFiles['letters.reward.ts']);

  const info = runInfo.parse(runInfoOf(run));
  expect(info).toMatchObject({ name: 'run', state: 'done', reason: null, step: 4, seed: 42, device: 'cpu' });
  expect(info.config).toMatchObject({
    ...config,
    evalDataset: join(folder, 'prompts.jsonl'),
    lossType: 'dapo',
    epsilonHigh: 0.2,
  });
  expect(info.rewards).toEqual([{ name: 'letters', file: join(folder, 'letters.reward.ts'), weight: 1 }]);
  const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  const whole = (file: string) => ({ file, bytes: statSync(file).size, sha256: sha256(file), covers: 'all' });
  expect(info.inputs).toMatchObject({ dataset: whole(join(folder, 'prompts.jsonl')), rollouts: null });
  expect(info.inputs!.model).toContainEqual(whole(join(tinyConfig.model, 'model.safetensors')));
  const file = join(folder, 'letters.reward.ts');
  expect(info.rewardSources).toEqual([
    { name: 'letters.reward.ts', file, sha256: sha256(file), copy: 'rewards/letters.reward.ts' },
  ]);
  expect(info).not.toHaveProperty('changes');
  expect(info.versions).toMatchObject({ node: process.versions.node, 'onnxruntime-node': expect.any(String) });

  const metrics = metricsOf(run);
  expect(metrics.map((row) => metricsRow.parse(row).step)).toEqual([0, 1, 2, 3, 4]);
  const [start, first, ...others] = metrics;
  expect(Object.keys(start!).sort()).toEqual(['step', ...EVALUATION_KEYS].sort());
  expect(Object.keys(first!).sort()).toEqual([...KEYS, ...EVALUATION_KEYS].sort());
  // A checkpoint is written after the row of its step: the next one tells how long that took.
  for (const row of others) expect(Object.keys(row).sort()).toEqual([...KEYS, ...EVALUATION_KEYS, 'time/save'].sort());

  expect(readdirSync(join(run, 'rollouts'))).toEqual([1, 2, 3, 4].map((step) => `step-00000${step}.jsonl`));
  const rows = rolloutsOf(run, 2);
  expect(rows.map(({ group }) => group)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  for (const row of rows) {
    expect(Object.keys(row)).toEqual(
      'step group prompt prompt_ids completion completion_ids rewards reward advantage length truncated error columns logprobs token_ends'.split(
        ' ',
      ),
    );
    expect(row).toMatchObject({
      step: 2,
      error: null,
      length: row.completion_ids.length,
      logprobs: row.completion_ids.map(() => expect.any(Number)),
      columns: { n: expect.any(Number) },
    });
    expect(row.reward).toBe([...row.completion].filter((letter) => letter <= 'n').length);
    expect(row.rewards).toEqual({ letters: row.reward });
  }
  const mean = rows.reduce((sum, { reward }) => sum + reward!, 0) / rows.length;
  expect(metrics[2]!.reward).toBeCloseTo(mean, 5);

  expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-000003', 'step-000004']);
  const files = readdirSync(join(run, 'checkpoints/step-000004'));
  expect(files).toEqual(expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']));
  expect(files).toEqual(expect.arrayContaining(['grpo_optimizer.safetensors', 'trainer_state.json']));
  expect(readJson(run, 'checkpoints/step-000004/trainer_state.json')).toMatchObject({ step: 4 });

  const log = readFileSync(join(run, 'log.txt'), 'utf8').trimEnd().split('\n');
  for (const line of log) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z /);
  expect(log.map((line) => line.replace(/^\S+ /, ''))).toEqual([
    'started on cpu',
    // The tiny model has one.
    expect.stringMatching(
      /^warning: The model has a chat template, but the prompts are plain text, .* Set "prompt" to/,
    ),
    expect.stringMatching(/^info: On cpu: a model of 0\.\d million parameters is faster there/),
    expect.stringMatching(/^held-out reward before the first step: \d\.\d\d$/),
    ...[1, 2, 3, 4].map((step) => `checkpoint of step ${step} written`),
    'done after step 4',
  ]);

  const events = eventsOf(stdout);
  expect(events.find(({ type }) => type === 'start')).toMatchObject({
    run,
    maxSteps: 4,
    resumedFrom: 0,
    device: 'cpu',
  });
  const steps = events.flatMap((event) => (event.type === 'step' ? [event.metrics] : []));
  expect(steps).toEqual(metrics.slice(1));
  const evaluations = events.flatMap((event) => (event.type === 'eval' ? [event] : []));
  expect(evaluations.map(({ reward }) => reward)).toEqual(metrics.map((row) => row.eval_reward));
  for (const { reward, rewards } of evaluations) expect(rewards).toEqual({ letters: reward });
  const phases = events.flatMap((event) => (event.type === 'phase' && event.step === 2 ? [event.phase] : []));
  expect(phases).toEqual(['rollout', 'score', 'update', 'evaluate', 'save']);
  expect(events.at(-1)).toEqual({
    ...{ type: 'end', outcome: 'done', step: 4 },
    checkpoint: join(run, 'checkpoints/step-000004'),
    heldOut: {
      first: { step: 0, reward: start!.eval_reward },
      last: { step: 4, reward: metrics.at(-1)!.eval_reward },
    },
  });
});

test("a run's own rollouts, trained on again, give the same metrics and weights", async () => {
  const folder = tinyWorkspace({ maxSteps: 1, beta: 0.01 });
  const config = join(folder, 'run.grpo.json');
  const sampled = await trainHere(config, { out: join(folder, 'sampled') });
  const rollouts = join(sampled.result.run, 'rollouts/step-000001.jsonl');
  const out = join(folder, 'replayed');
  // Without functions: the rewards are recorded too.
  const replayed = await trainHere(config, { out, rollouts, set: ['rewards=[]'] });
  expect(metricsOf(out).map(timeless)).toEqual(metricsOf(sampled.result.run).map(timeless));
  const weights = ({ result }: typeof sampled) => readFileSync(join(result.checkpoint!, 'model.safetensors'));
  expect(weights(replayed).equals(weights(sampled))).toBe(true);
  expect(rolloutsOf(out, 1)).toEqual(rolloutsOf(sampled.result.run, 1));
});

test('the same seed gives the same run, another seed another', async () => {
  const folder = tinyWorkspace({ maxSteps: 2 });
  const config = join(folder, 'run.grpo.json');
  const runs = [];
  for (const seed of [1, 1, 2]) {
    const { result } = await trainHere(config, { set: [`seed=${seed}`] });
    runs.push([rolloutsOf(result.run, 1), rolloutsOf(result.run, 2)]);
  }
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).not.toEqual(runs[0]);
});
