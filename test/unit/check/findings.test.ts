import { expect, it } from 'vitest';
import { bySeverity, findingsOf } from '../../../src/check/findings.ts';
import type { CheckReport } from '../../../src/protocol/check-report.ts';
import { type RunConfig, runConfigSchema } from '../../../src/protocol/run-config.ts';

const spread = { mean: 0.5, std: 0.5, min: 0, max: 1 };

/** A run in which nothing is wrong. */
const sound: Omit<CheckReport, 'findings'> = {
  ...{ config: '/a.grpo.json', name: 'a', device: 'cpu' },
  model: { folder: '/m', parameters: 1000, trained: 1000 },
  plan: { steps: 100, promptsPerStep: 4, numGenerations: 8, evaluations: 2, checkpoints: 4 },
  sampled: { steps: 2, prompts: 4 },
  step: {
    completions: 64,
    groups: {
      count: 8,
      signals: { signal: 8, 'too-easy': 0, 'too-hard': 0, equal: 0, truncated: 0, abstained: 0, failed: 0 },
      identical: 0,
    },
    lengths: { min: 5, mean: 20, max: 40, cap: 64, truncated: 0, tokens: 1280 },
    reward: spread,
    functions: [{ name: 'right', weight: 1, scored: 64, abstained: 0, failed: 0, ...spread }],
  },
  stepSeconds: { rollout: 1, score: 0.1, reference: 0, update: 2, total: 3.1 },
  runSeconds: { start: 5, steps: 310, evaluations: 10, checkpoints: 1, total: 326 },
  tokensPerSecond: 600,
  memory: {
    process: { expected: 1e9, atMost: 2e9, available: 8e9 },
    gpu: null,
    disk: { checkpoints: 1e8, free: 1e11 },
  },
  prompts: {
    ...{ training: 100, heldOut: 10, shortest: 5, longest: 50, context: 256, skipped: 0, beyond: { count: 0 } },
    ...{ duplicates: { count: 0 }, trainedOn: { count: 0 } },
  },
};

/** Kinds, severities and remedies of a run's findings. */
function found(change: Partial<typeof sound> = {}, fields: object = {}): Record<string, unknown> {
  const config = runConfigSchema.parse({ model: 'm', dataset: 'd', rewards: ['r.ts'], ...fields }) as RunConfig;
  const locate = (path: (string | number)[]) => ({ file: '/a.grpo.json', path });
  const context = { config, locate, functions: [{ name: 'right', file: 'r.ts' }], room: 200 };
  const findings = findingsOf({ ...sound, ...change }, config, context);
  return Object.fromEntries(
    findings.map(({ kind, severity, remedy }) => [
      kind,
      remedy?.action === 'set' ? [severity, ...remedy.path, remedy.value] : severity,
    ]),
  );
}

it('finds nothing in a sound run', () => {
  expect(found()).toEqual({});
});

it('notices a learning rate of 0, and a warm-up that never ends', () => {
  expect(found({}, { learningRate: 0 })).toEqual({ 'no-learning-rate': ['error', 'learningRate', 1e-6] });
  expect(found({}, { learningRate: 0, lora: {} })).toEqual({ 'no-learning-rate': ['error', 'learningRate', 1e-5] });
  expect(found({}, { warmupSteps: 100 })).toEqual({ 'long-warmup': ['warning', 'warmupSteps', 0.1] });
});

it('tells a step that does not fit into memory from one that may not', () => {
  const process = (expected: number, atMost: number) => ({
    memory: { ...sound.memory, process: { expected, atMost, available: 8e9 } },
  });
  expect(found(process(9e9, 9e9))).toEqual({ memory: ['error', 'promptsPerStep', 2] });
  expect(found(process(1e9, 9e9))).toEqual({ memory: ['warning', 'promptsPerStep', 2] });
  const gpu = { memory: { ...sound.memory, gpu: { expected: 9e9, atMost: 9e9, available: null } } };
  expect(found(gpu)).toEqual({});
});

it('offers no promptsPerStep that the config would refuse', () => {
  const memory = { ...sound.memory, process: { expected: 9e9, atMost: 9e9, available: 8e9 } };
  expect(found({ memory }, { gradientAccumulationSteps: 32 })).toEqual({ memory: 'error' });
});

it('notices checkpoints that fill the disk', () => {
  const memory = { ...sound.memory, disk: { checkpoints: 2e11, free: 1e11 } };
  expect(found({ memory })).toEqual({ 'disk-space': ['warning', 'saveTotalLimit', 1] });
  expect(found({ memory }, { saveTotalLimit: 2 })).toEqual({ 'disk-space': 'warning' });
});

it('notices long runs and slow rewards', () => {
  expect(found({ runSeconds: { ...sound.runSeconds!, total: 50 * 3600 } })).toEqual({ 'long-run': 'information' });
  expect(found({ stepSeconds: { ...sound.stepSeconds!, score: 30, total: 33 } })).toEqual({
    'slow-rewards': 'information',
  });
});

it('notices duplicates, prompts that are too few and prompts that are too long', () => {
  const at = (line: number) => ({ file: '/data/d.jsonl', line });
  const repeated = { count: 3, first: { one: at(1), other: at(9) } };
  const prompts = (change: Partial<typeof sound.prompts>) => found({ prompts: { ...sound.prompts, ...change } });
  expect(prompts({ duplicates: repeated })).toEqual({ 'duplicate-prompts': 'information' });
  expect(prompts({ trainedOn: repeated })).toEqual({ 'held-out-duplicates': 'warning' });
  expect(prompts({ training: 2 })).toEqual({ 'few-prompts': ['warning', 'promptsPerStep', 2] });
  // 256 tokens of context, less 512 for the completion, leave none; the default is that long.
  expect(prompts({ beyond: { count: 1 } })).toEqual({ 'prompt-beyond-context': 'warning' });
});

it('puts the worst first', () => {
  const of = (severity: 'error' | 'warning' | 'information') => ({ kind: severity, severity, evidence: '' });
  const sorted = bySeverity([of('information'), of('error'), of('warning')]);
  expect(sorted.map(({ kind }) => kind)).toEqual(['error', 'warning', 'information']);
});
