/** The checkpoints of a run whose base is in 8 or 4 bits, by the command: what training recorded comes out, in no more memory than training takes. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSpeakers } from '../../../src/chat/speakers.ts';
import { findTarget } from '../../../src/chat/target.ts';
import { openModel } from '../../../src/cli/open-model.ts';
import { readQuantization } from '../../../src/model/files/adapter-files.ts';
import type { Weights } from '../../../src/model/weights-tree.ts';
import { QUANTIZATIONS } from '../../../src/protocol/quantization.ts';
import { stepName } from '../../../src/protocol/run-folder.ts';
import { modelAsTrained } from '../../../src/trainer/model-as-trained.ts';
import { metricsOf, REFERENCES, rolloutsOf } from '../training/workspace.ts';
import { grpo, grpoJson, temporaryFolder } from './run-grpo.ts';

const SAMPLE = join(import.meta.dirname, '../../../sample-workspace');
const checkpointOf = (run: string, step: number) => join(run, 'checkpoints', stepName(step));
const bytesOf = (weights: Weights): number =>
  Object.values(weights).reduce((sum, { data }) => sum + data.byteLength, 0);
const furthest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));

/** Embeddings, norms, and per layer rank 8 times what goes in and out of each of its seven modules. */
const FLOATS = 19 * 96 + 7 * 96 + 3 * 8 * (192 + 144 + 144 + 192 + 3 * 352);

describe.each(QUANTIZATIONS)('a run in %s', (quantization) => {
  let [folder, config, run] = ['', '', ''];
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'grpo-quantized-'));
    const fields = {
      model: join(SAMPLE, 'models/tiny-sort'),
      dataset: join(SAMPLE, 'data/sort.train.jsonl'),
      evalDataset: join(SAMPLE, 'data/sort.eval.jsonl'),
      rewards: [join(SAMPLE, 'rewards/sort.reward.ts')],
      ...{ promptsPerStep: 4, numGenerations: 4, maxCompletionLength: 16 },
      // So far that rounding the merged weights once more would show.
      ...{ maxSteps: 3, saveSteps: 1, learningRate: 0.02, evalSteps: 3, evalPrompts: 16 },
      ...{ lora: { r: 8, loraAlpha: 16, targetModules: 'all-linear' }, quantization },
    };
    config = join(folder, 'run.grpo.json');
    writeFileSync(config, JSON.stringify(fields));
    run = join(folder, 'run');
    const { status, stderr } = await grpo(['train', config, '--out', run]);
    expect(status, stderr).toBe(0);
  });

  test('is evaluated as it was while it trained', async () => {
    const recorded = metricsOf(run).find((row) => row.eval_reward !== undefined && row.step === 3)!;
    const [evaluated] = await grpoJson<{ reward: number; rewards: Record<string, number>; length: number }>(
      ...['eval', config, '--checkpoint', checkpointOf(run, 3)],
    );
    expect(evaluated).toMatchObject({
      reward: recorded.eval_reward,
      rewards: { inclusion: recorded['eval_rewards/inclusion/mean'], ordering: recorded['eval_rewards/ordering/mean'] },
      length: recorded['eval_completions/mean_length'],
    });
  });

  test('is evaluated so whatever its config says by now', async () => {
    const changed = join(temporaryFolder(), 'changed.grpo.json');
    const { lora: _, quantization: __, ...fields } = JSON.parse(readFileSync(config, 'utf8'));
    writeFileSync(changed, JSON.stringify(fields));
    const rewardOf = async (file: string) =>
      (await grpoJson<{ reward: number }>('eval', file, '--checkpoint', checkpointOf(run, 2)))[0]!.reward;
    expect(await rewardOf(changed)).toBe(await rewardOf(config));
  });

  test('gives the log-probabilities that its completions were sampled with', async () => {
    const rows = rolloutsOf(run, 3);
    const file = join(run, 'rollouts', `${stepName(3)}.jsonl`);
    const scored = await grpoJson<{ logprobs: number[] }>('logprobs', checkpointOf(run, 2), file);
    expect(scored).toHaveLength(16);
    for (const [row, { logprobs }] of scored.entries())
      expect(furthest(logprobs, rows[row]!.logprobs as number[])).toBeLessThan(1e-4);
    // The policy has moved since the step before.
    const earlier = await grpoJson<{ logprobs: number[] }>('logprobs', checkpointOf(run, 1), file);
    expect(Math.max(...scored.map(({ logprobs }, row) => furthest(logprobs, earlier[row]!.logprobs)))).toBeGreaterThan(
      0.01,
    );
  });

  test('generates what it says in a chat', async () => {
    const asked = ['--prompt', '3120', '--max-tokens', '8'];
    const [generated] = await grpoJson<{ completion_ids: number[] }>(
      'generate',
      checkpointOf(run, 3),
      '--greedy',
      ...asked,
    );
    const [said] = await grpoJson<{ completion_ids: number[] }>('chat', run, ...asked);
    // Without its run, a checkpoint is a model.
    const copy = join(temporaryFolder(), 'copy');
    cpSync(checkpointOf(run, 3), copy, { recursive: true });
    const [alone] = await grpoJson<{ completion_ids: number[] }>('chat', copy, ...asked);
    expect(said!.completion_ids).toEqual(generated!.completion_ids);
    expect(alone!.completion_ids).toEqual(generated!.completion_ids);
  });

  test('holds the bytes of its base and its adapter, as in training', async () => {
    const folder = checkpointOf(run, 3);
    const held = bytesOf((await openModel(folder, { device: 'cpu' })).weights);
    const weights = { int8: 304_128 * (1 + 4 / 32), int4: 304_128 * (1 / 2 + 4 / 32) }[quantization];
    expect(held).toBe(weights + 4 * FLOATS);
    const copy = join(temporaryFolder(), 'copy');
    cpSync(folder, copy, { recursive: true });
    const { speakers } = await loadSpeakers(findTarget(copy));
    expect(bytesOf(speakers[0]!.weights)).toBe(held);
    // Elsewhere it is merged into float32.
    const onGpu = modelAsTrained(folder, { device: 'webgpu', fp16: false });
    expect(onGpu.config.quantization).toBeUndefined();
    expect(bytesOf((await onGpu.read({ name: 'webgpu' })).weights)).toBe(4 * (304_128 + 19 * 96 + 7 * 96));
  });

  test('is planned in a chat with the packed weights of both that answer', async () => {
    const costOf = async (alone: boolean) => {
      let bytes = 0;
      await loadSpeakers(findTarget(run), {
        alone,
        onCost(cost) {
          bytes = cost.bytes;
        },
      });
      return bytes;
    };
    // A packed copy has the integers, and their scales in float32; of 8 bits there are none.
    const packed = { int8: 0, int4: 304_128 * (1 / 2 + 4 / 32) }[quantization];
    const [one, two] = [await costOf(true), await costOf(false)];
    expect(two - one).toBe(packed);
    const weights = { int8: 1 + 4 / 32, int4: 1 / 2 + 4 / 32 }[quantization] * 304_128 + 4 * FLOATS;
    expect(one).toBe(300e6 + weights + packed);
  });

  test('stays in it where "auto" would decide otherwise by now', async () => {
    const copy = join(temporaryFolder(), 'copy');
    cpSync(run, copy, { recursive: true });
    const changes = ['--set', 'quantization="auto"', '--set', 'maxSteps=4', '--with-changes'];
    const { status, stderr } = await grpo(['train', config, '--out', copy, '--resume', ...changes]);
    expect(status, stderr).toBe(0);
    expect(stderr).toContain(`The model's layers stay in ${quantization} ("quantization": "auto")`);
    expect(readQuantization(checkpointOf(copy, 4))).toBe(quantization);
  });
});

test('"auto" of a resumed run is decided separately for a stage that trains another model', async () => {
  const folder = temporaryFolder();
  const other = join(folder, 'other');
  cpSync(join(SAMPLE, 'models/tiny-sort'), other, { recursive: true });
  const config = join(folder, 'run.grpo.json');
  const fields = {
    model: join(SAMPLE, 'models/tiny-sort'),
    dataset: join(SAMPLE, 'data/sort.train.jsonl'),
    rewards: [join(SAMPLE, 'rewards/sort.reward.ts')],
    ...{ promptsPerStep: 2, numGenerations: 4, maxCompletionLength: 8, saveSteps: 1 },
    ...{ lora: { r: 4, loraAlpha: 8, targetModules: 'all-linear' }, quantization: 'int4' },
    stages: [
      { kind: 'rejection', maxSteps: 1, threshold: -100 },
      { kind: 'distill', from: 'rejection', maxSteps: 1, model: other },
    ],
  };
  writeFileSync(config, JSON.stringify(fields));
  const run = join(folder, 'run');
  const first = await grpo(['train', config, '--out', run]);
  expect(first.status, first.stderr).toBe(0);
  expect([1, 2].map((step) => readQuantization(checkpointOf(run, step)))).toEqual(['int4', 'int4']);

  rmSync(checkpointOf(run, 2), { recursive: true });
  const changes = ['--set', 'quantization="auto"', '--with-changes'];
  const { status, stderr } = await grpo(['train', config, '--out', run, '--resume', ...changes]);
  expect(status, stderr).toBe(0);
  expect([1, 2].map((step) => readQuantization(checkpointOf(run, step)))).toEqual(['int4', undefined]);
});

test('an adapter with biases, which training has no place for, is merged', async () => {
  const folder = join(temporaryFolder(), 'biased');
  cpSync(join(REFERENCES, 'fixtures/adapters/bias-all'), folder, { recursive: true });
  const file = join(folder, 'adapter_config.json');
  const json = JSON.parse(readFileSync(file, 'utf8'));
  const model = join(REFERENCES, 'fixtures/models', json.base_model_name_or_path);
  writeFileSync(file, JSON.stringify({ ...json, base_model_name_or_path: model }));
  writeFileSync(join(folder, 'base_quantization.json'), JSON.stringify({ quantization: 'int8' }));
  const { config, weights } = await openModel(folder, { device: 'cpu' });
  expect([config.quantization, config.lora]).toEqual([undefined, undefined]);
  expect(Object.keys(weights).filter((name) => /lora|integers/.test(name))).toEqual([]);
});
