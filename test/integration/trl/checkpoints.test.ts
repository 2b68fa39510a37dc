/**
 * Checkpoints between TRL's trainer and ours, both ways, with the real TRL: a further step on recorded rollouts is the step that the other would have
 * taken.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAdapterFolder } from '../../../src/files/adapter-folder.ts';
import { readSafetensorsHeader } from '../../../src/model/files/safetensors.ts';
import { writeSafetensors } from '../../../src/model/files/safetensors-writer.ts';
import { listCheckpoints } from '../../../src/run-folder/checkpoints.ts';
import { readMetrics } from '../../../src/run-folder/metrics.ts';
import { readRunInfo } from '../../../src/run-folder/run-info.ts';
import { grpo, grpoJson } from '../cli/run-grpo.ts';
import { readTensors } from '../training/trl-run.ts';
import { REFERENCES, referenceModel, trainHere } from '../training/workspace.ts';
import { runWarmPython, trlMissing } from './python.ts';

/** The steps before the checkpoint, and those of the whole training. */
const [BEFORE, ALL] = [2, 5];

/** Rounding, which each CPU and each program has of its own, against a step's update. */
const NEAR = 2e-4;

const BASE = {
  promptsPerStep: 2,
  numGenerations: 4,
  maxCompletionLength: 12,
  maxSteps: ALL,
  numIterations: 1,
  numMiniBatches: 1,
  gradientAccumulationSteps: 1,
  shuffleDataset: false,
  lossType: 'grpo',
  learningRate: 5e-3,
  lrSchedulerType: 'linear',
  maxGradNorm: 5,
};
interface Case {
  model: string;
  numIterations: number;
  [field: string]: unknown;
}
const CASES: Record<string, Case> = {
  // Tied embeddings, biases, a schedule that rises and falls, weight decay, a reference, two updates a step.
  full: {
    ...{ ...BASE, model: 'llama3-biased', numIterations: 2, beta: 0.04 },
    ...{ lrSchedulerType: 'cosine', warmupSteps: 1, weightDecay: 0.1 },
  },
  untied: { ...BASE, model: 'qwen3', lossType: 'dapo', adamBeta2: 0.99, weightDecay: 0.1 },
  lora: { ...BASE, model: 'llama3-biased', beta: 0.04, lora: { r: 4, loraAlpha: 8, targetModules: 'all-linear' } },
  dora: {
    ...{ ...BASE, model: 'qwen3', weightDecay: 0.1 },
    lora: {
      ...{ r: 2, loraAlpha: 4, targetModules: ['k_proj', 'up_proj'], useDora: true },
      modulesToSave: ['embed_tokens', 'lm_head'],
    },
  },
};

const rolloutsOf = ({ model }: Case) => join(REFERENCES, `fixtures/grpo-training/rollouts-${model}.jsonl`);

/** The weights, or the adapter's. */
const trainedIn = (checkpoint: string) =>
  readTensors(join(checkpoint, isAdapterFolder(checkpoint) ? 'adapter_model.safetensors' : 'model.safetensors'));

/** How far two checkpoints are apart, relative to the way from a third one to the second, over all that is trained. */
function miss(reached: string, wanted: string, from: string): number {
  const [ours, theirs, start] = [reached, wanted, from].map(trainedIn);
  expect([...ours!.keys()].sort()).toEqual([...theirs!.keys()].sort());
  let [apart, way] = [0, 0];
  for (const [name, values] of theirs!) {
    values.forEach((value, i) => {
      apart += (ours!.get(name)![i]! - value) ** 2;
      way += (start!.get(name)![i]! - value) ** 2;
    });
  }
  return Math.sqrt(apart / way);
}

const checkpointOf = (run: string, step: number): string =>
  listCheckpoints(run).find((checkpoint) => checkpoint.step === step)!.path;

describe.skipIf(trlMissing)('checkpoints of TRL and ours', () => {
  let folder: string;
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const place = (name: string, ...rest: string[]) => join(folder, name, ...rest);
  const configOf = (name: string) => place(name, 'run.grpo.json');
  /** TRL's, which trained alone (`theirs`), or went on from one of `ours`. */
  const byTrl = (name: string, step: number, from: 'theirs' | 'ours' = 'theirs') =>
    place(name, from, `checkpoint-${step * CASES[name]!.numIterations}`);
  const byUs = (name: string, step: number) => checkpointOf(place(name, 'run'), step);

  // Importing torch and TRL takes most of the time: all that Python does is done at once.
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'grpo-trl-checkpoints-'));
    for (const [name, config] of Object.entries(CASES)) {
      mkdirSync(place(name));
      writeFileSync(place(name, 'prompts.jsonl'), '{"prompt": "not used"}\n');
      const model = referenceModel(config.model);
      const whole = { ...config, model, dataset: 'prompts.jsonl', rewards: [], saveSteps: 1 };
      writeFileSync(configOf(name), JSON.stringify(whole));
      const { result } = await trainHere(configOf(name), { rollouts: rolloutsOf(config), out: place(name, 'run') });
      const to = byTrl(name, BEFORE, 'ours');
      await grpoJson('export', result.run, '--step', `${BEFORE}`, '--format', 'trl', '--to', to);
    }
    writeFileSync(place('cases.json'), JSON.stringify(CASES));
    const script = join(REFERENCES, 'trl_checkpoints.py');
    const { status, stderr } = await runWarmPython([script, place('cases.json'), folder], folder);
    expect(status, stderr.slice(-3000)).toBe(0);
  });

  const train = (name: string, run: string, ...more: string[]) =>
    grpo([
      ...['train', configOf(name), '--resume', '--with-changes', '--out', run],
      ...['--rollouts', rolloutsOf(CASES[name]!), ...more],
    ]);

  test.for(Object.keys(CASES))('%s: TRL goes on from ours as we do', (name) => {
    expect(readdirSync(place(name, 'ours'))).toContain(`checkpoint-${ALL * CASES[name]!.numIterations}`);
    for (const step of [BEFORE + 1, ALL])
      expect(miss(byTrl(name, step, 'ours'), byUs(name, step), byUs(name, step - 1))).toBeLessThan(NEAR);
  });

  test.for(Object.keys(CASES))("%s: we go on from TRL's as it does", async (name) => {
    const run = place(name, 'imported');
    const checkpoint = byTrl(name, BEFORE);
    const [imported] = await grpoJson('import', 'checkpoint', checkpoint, configOf(name), '--out', run);
    expect(imported).toEqual({ run, step: BEFORE, notes: [expect.stringMatching(/^Random numbers are others/)] });
    expect(readRunInfo(run)).toMatchObject({
      state: 'stopped',
      step: BEFORE,
      reason: expect.stringContaining(checkpoint),
    });
    // What it logged is there.
    const ownRows = readMetrics(place(name, 'run'));
    expect(readMetrics(run).map(({ step }) => step)).toEqual([1, 2]);
    for (const [index, { reward, num_tokens }] of readMetrics(run).entries()) {
      expect(reward).toBeCloseTo(ownRows[index]!.reward!, 5);
      expect(num_tokens).toBe(ownRows[index]!.num_tokens);
    }

    const { status, stderr } = await train(name, run);
    expect(status, stderr).toBe(0);
    for (const step of [BEFORE + 1, ALL])
      expect(miss(checkpointOf(run, step), byTrl(name, step), byTrl(name, step - 1))).toBeLessThan(NEAR);
    const rows = readMetrics(run);
    expect(rows.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    expect(rows[BEFORE]!.learning_rate).toBeCloseTo(ownRows[BEFORE]!.learning_rate!, 12);
    expect(rows.at(-1)!.num_tokens).toBe(ownRows.at(-1)!.num_tokens);
  });

  test('the moments matter: without them it is another step', async () => {
    const run = place('untied', 'without-moments');
    await grpoJson('import', 'checkpoint', byTrl('untied', BEFORE), configOf('untied'), '--out', run);
    const file = join(checkpointOf(run, BEFORE), 'grpo_optimizer.safetensors');
    const shapes = new Map(readSafetensorsHeader(file).map(({ name, shape }) => [name, shape]));
    const zeros = [...shapes].map(
      ([name, shape]) => [name, shape, new Float32Array(shape.reduce((a, b) => a * b, 1))] as const,
    );
    await writeSafetensors(file, shapes, zeros, 'float32');
    expect((await train('untied', run)).status).toBe(0);
    const reached = checkpointOf(run, BEFORE + 1);
    expect(miss(reached, byTrl('untied', BEFORE + 1), byTrl('untied', BEFORE))).toBeGreaterThan(0.1);
  });

  test("a run whose checkpoints are TRL's own folders is resumed from them", async () => {
    const run = place('full', 'linked');
    await grpoJson('import', 'checkpoint', byTrl('full', BEFORE), configOf('full'), '--out', run);
    const own = checkpointOf(run, BEFORE);
    rmSync(own, { recursive: true });
    cpSync(byTrl('full', BEFORE), own, { recursive: true });
    expect((await train('full', run, '--set', `maxSteps=${ALL}`)).status).toBe(0);
    expect(miss(checkpointOf(run, BEFORE + 1), byTrl('full', BEFORE + 1), byTrl('full', BEFORE))).toBeLessThan(NEAR);
  });
});
