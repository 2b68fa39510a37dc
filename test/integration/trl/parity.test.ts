/**
 * The same run on TRL and here. TRL trains exported folders, sampling as it does; the completions that our callback recorded of it are trained
 * on here, from the same start. Both must come to the same weights, and log the same on the way.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import type { RunConfig } from '../../../src/protocol/run-config.ts';
import { exportTrl } from '../../../src/trl/export-folder.ts';
import { GRPO } from '../cli/run-grpo.ts';
import { expectWeights, saveStart } from '../training/trl-run.ts';
import { metricsOf, trainHere } from '../training/workspace.ts';
import { ROOT, recordedRun, runWarmPython, SAMPLES, trlMissing } from './python.ts';

type Fields = Partial<Record<keyof RunConfig, unknown>>;

const BASE = {
  model: join(SAMPLES, 'models/tiny-sort'),
  dataset: join(SAMPLES, 'data/sort.train.jsonl'),
  rewards: [
    { file: join(SAMPLES, 'rewards/sort.reward.ts'), function: 'inclusion' },
    { file: join(SAMPLES, 'rewards/sort.reward.ts'), function: 'ordering', weight: 0.5 },
  ],
  // Some completions are longer.
  maxCompletionLength: 8,
  promptsPerStep: 4,
  numGenerations: 8,
  maxSteps: 3,
  learningRate: 1e-3,
  lrSchedulerType: 'constant',
  // Clips some updates and not others: AdamW hides the scale of a loss from the weights, and so would clipping every one.
  maxGradNorm: 0.7,
  // Without it, AdamW moves a weight whose gradient is nothing but rounding as far as any other.
  adamEpsilon: 1e-4,
};
const ADAPTER = { r: 4, loraAlpha: 8, targetModules: 'all-linear' };
const CASES: Record<string, Fields> = {
  grpo: { lossType: 'grpo', beta: 0.04 },
  dapo: { lossType: 'dapo', epsilonHigh: 0.28, maskTruncatedCompletions: true },
  dr_grpo: { lossType: 'dr_grpo', scaleRewards: 'none', beta: 0.04 },
  "AdamW's usual epsilon": { beta: 0.04, adamEpsilon: 1e-8 },
  'two passes': { numIterations: 2, beta: 0.04 },
  'two passes in mini-batches': { numMiniBatches: 2, numIterations: 2, lrSchedulerType: 'linear', warmupSteps: 1 },
  'bnpo, accumulated': { lossType: 'bnpo', gradientAccumulationSteps: 2, weightDecay: 0.1 },
  'a reference that follows': {
    numMiniBatches: 2,
    beta: 0.5,
    syncRefModel: true,
    refModelMixupAlpha: 0.6,
    refModelSyncSteps: 1,
  },
  'a penalty for long completions': { overlongPenalty: { cache: 4, factor: 2 }, scaleRewards: 'batch' },
  LoRA: { lora: ADAPTER, beta: 0.04, numIterations: 2, learningRate: 1e-2 },
  'dr_grpo, LoRA': { lossType: 'dr_grpo', lora: { ...ADAPTER, useRslora: true }, beta: 0.04, learningRate: 1e-2 },
};

/** Importing torch and TRL takes most of the time. */
describe.skipIf(trlMissing)('a run on TRL, and here from its completions', () => {
  let folder: string;
  const configOf = (name: string) => join(folder, name, 'run.grpo.json');
  const trlFolder = (name: string) => join(folder, name, 'trl');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'grpo-parity-'));
    for (const [name, fields] of Object.entries(CASES)) {
      mkdirSync(join(folder, name));
      writeFileSync(configOf(name), JSON.stringify({ ...BASE, ...fields }));
      await exportTrl(loadRunConfig(configOf(name)), trlFolder(name), dirname(GRPO));
    }
    const script = join(ROOT, 'test/references/trl_parity.py');
    const { status, stderr } = await runWarmPython([script, ...Object.keys(CASES).map(trlFolder)], folder);
    expect(status, stderr.slice(-3000)).toBe(0);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.for(Object.keys(CASES))('%s', async (name) => {
    const trl = recordedRun(trlFolder(name));
    const rollouts = join(folder, name, 'rollouts.jsonl');
    writeFileSync(rollouts, allRollouts(trl));
    const out = join(folder, name, 'run');
    const adapter = 'lora' in CASES[name]!;
    const file = adapter ? 'adapter_model.safetensors' : 'model.safetensors';
    const output = join(trlFolder(name), 'output');
    const start = adapter ? join(output, 'start', file) : join(BASE.model, file);
    if (adapter) await saveStart(configOf(name), { out, rollouts }, start);
    const { result } = await trainHere(configOf(name), { out, rollouts, resume: adapter });

    const updateTolerance = 'adamEpsilon' in CASES[name]! ? 1e-3 : 1e-4;
    expectWeights(
      { start, reached: join(result.checkpoint!, file), wanted: join(output, 'final', file) },
      { tolerance: 1e-4, updateTolerance },
    );
    const [ours, theirs] = [metricsOf(result.run), metricsOf(trl)];
    expect(ours.map(({ step }) => step)).toEqual([1, 2, 3]);
    for (const [index, row] of ours.entries())
      for (const key of comparedIn(CASES[name]!)) {
        const wanted = theirs[index]![key]!;
        const miss = Math.abs(row[key]! - wanted) / Math.max(1, Math.abs(wanted));
        expect(miss, `${key} of step ${row.step} is ${row[key]}, not ${wanted}`).toBeLessThan(2e-4);
      }
  });
});

/** KL is a mean over the tokens of a step here; TRL's is one of the micro-batches' means. */
const comparedIn = ({ beta, numMiniBatches }: Fields): string[] => [
  ...['loss', 'grad_norm', 'reward', 'reward_std', 'learning_rate', 'completions/clipped_ratio'],
  ...(beta && !numMiniBatches ? ['kl'] : []),
];

/** The steps that a run recorded, as one file of rollouts. */
const allRollouts = (run: string): string =>
  readdirSync(join(run, 'rollouts'))
    .sort()
    .map((file) => readFileSync(join(run, 'rollouts', file), 'utf8'))
    .join('');
