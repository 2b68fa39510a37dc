/** Runs on a model whose input embeddings stay in bfloat16, by the command: all that they write is as with the same numbers in float32. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSpeakers } from '../../../src/chat/speakers.ts';
import { findTarget } from '../../../src/chat/target.ts';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import type { WeightDtype } from '../../../src/model/files/safetensors-writer.ts';
import { saveModelFolder } from '../../../src/model/files/save.ts';
import { loadWeights } from '../../../src/model/files/weights.ts';
import { stepName } from '../../../src/protocol/run-folder.ts';
import { metricsOf, rolloutsOf } from '../training/workspace.ts';
import { grpo, grpoJson } from './run-grpo.ts';

const SAMPLE = join(import.meta.dirname, '../../../sample-workspace');
const TINY = join(SAMPLE, 'models/tiny-sort');
const EMBEDDING = 'model.embed_tokens';

let folder: string;
const runs: Record<string, { model: string; config: string; run: string }> = {};

/** The sample's model with a head of its own. */
async function untied(name: string, source: string, dtype: WeightDtype): Promise<string> {
  const config = { ...readModelConfig(source), tieEmbeddings: false };
  const weights = [...loadWeights(source, readModelConfig(source))].map(
    ([tensor, { shape, data }]) => [tensor, shape, data] as const,
  );
  const [, shape, embedding] = weights.find(([tensor]) => tensor === `${EMBEDDING}.weight`)!;
  const head = weights.some(([tensor]) => tensor === 'lm_head.weight')
    ? []
    : [['lm_head.weight', shape, embedding] as const];
  const saved = join(folder, name);
  await saveModelFolder(saved, { source, config, weights: [...weights, ...head], dtype });
  return saved;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-stored-'));
  const half = await untied('bfloat16', TINY, 'bfloat16');
  const models = { bfloat16: half, float32: await untied('float32', half, 'float32') };
  for (const [name, model] of Object.entries(models)) {
    const fields = {
      model,
      dataset: join(SAMPLE, 'data/sort.train.jsonl'),
      evalDataset: join(SAMPLE, 'data/sort.eval.jsonl'),
      rewards: [join(SAMPLE, 'rewards/sort.reward.ts')],
      ...{ promptsPerStep: 4, numGenerations: 4, maxCompletionLength: 16, device: 'cpu' },
      ...{ maxSteps: 2, saveSteps: 2, learningRate: 0.02, evalSteps: 2, evalPrompts: 8, beta: 0.04 },
      // The table of what patterns stand for has numbers that float16 lacks, and is not saved.
      checkpointDtype: 'float16',
      lora: { r: 8, loraAlpha: 16, targetModules: 'all-linear' },
    };
    const config = join(folder, `${name}.grpo.json`);
    writeFileSync(config, JSON.stringify(fields));
    const run = join(folder, `${name}-run`);
    const { status, stderr } = await grpo(['train', config, '--out', run]);
    expect(status, stderr).toBe(0);
    runs[name] = { model, config, run };
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What `of` gives, alike for both. */
async function alike<T>(of: (run: { model: string; config: string; run: string; checkpoint: string }) => T) {
  const [stored, float] = await Promise.all(
    ['bfloat16', 'float32'].map((name) =>
      of({ ...runs[name]!, checkpoint: join(runs[name]!.run, 'checkpoints', stepName(2)) }),
    ),
  );
  expect(stored).toEqual(float);
}

test('training samples, learns and saves alike', async () => {
  await alike(({ run }) => [1, 2].map((step) => rolloutsOf(run, step)));
  await alike(({ run }) =>
    metricsOf(run).map(({ loss, kl, grad_norm, eval_reward }) => [loss, kl, grad_norm, eval_reward]),
  );
  await alike(({ checkpoint }) => readFileSync(join(checkpoint, 'adapter_model.safetensors')));
});

test('so do evaluations, completions, log-probabilities and exports', async () => {
  await alike(({ config }) => grpoJson('eval', config));
  await alike(({ config, checkpoint }) => grpoJson('eval', config, '--checkpoint', checkpoint));
  await alike(({ model }) => grpoJson('generate', model, '--greedy', '--prompt', '3120', '--max-tokens', '8'));
  await alike(({ checkpoint, run }) => grpoJson('logprobs', checkpoint, join(run, 'rollouts', `${stepName(2)}.jsonl`)));
  await alike(async ({ run, checkpoint }) => {
    const file = `${run}.gguf`;
    const { status, stderr } = await grpo(['export', checkpoint, '--to', file]);
    expect(status, stderr).toBe(0);
    return new Map(loadWeights(file, readModelConfig(file)));
  });
});

test('a chat has the table once, in 16 bits', async () => {
  const { engine, speakers } = await loadSpeakers(findTarget(runs.bfloat16!.run), { device: 'cpu' });
  expect(engine.name).toBe('cpu');
  const tables = speakers.map(({ weights }) => weights[`${EMBEDDING}.bits`]!);
  expect(tables[0]!.data).toBeInstanceOf(Uint16Array);
  expect(tables[1]).toBe(tables[0]);
});
