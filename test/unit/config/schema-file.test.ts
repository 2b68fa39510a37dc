import { readFileSync } from 'node:fs';
import { type Schema, Validator } from '@cfworker/json-schema';
import { describe, expect, test } from 'vitest';
import { experimentSchemaFile, makeExperimentSchema, makeSchema, schemaFile } from '../../../scripts/make-schema.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';

const tracked = JSON.parse(readFileSync(schemaFile, 'utf8'));

test('the tracked editor schemas are up to date (else: node scripts/make-schema.ts)', () => {
  expect(tracked).toEqual(makeSchema());
  expect(JSON.parse(readFileSync(experimentSchemaFile, 'utf8'))).toEqual(makeExperimentSchema());
});

describe('the schema of experiments', () => {
  const validator = new Validator(makeExperimentSchema() as Schema, '7');
  const accepts = (experiment: object) =>
    validator.validate({ base: 'sort.grpo.json', seeds: [1], ...experiment }).valid;

  test.each([
    { set: { maxSteps: 7, 'lora.r': 4 } },
    { vary: { learningRate: [1e-4, 1e-3], 'lora.r': [4, 8] } },
    { vary: { method: { GRPO: {}, 'Dr. GRPO': { lossType: 'dr_grpo' } } } },
    { vary: { beta: { without: {}, with: { beta: 0.1, 'rewards.0.weight': 2 } } } },
  ])('accepts %j', (experiment) => {
    expect(accepts(experiment)).toBe(true);
  });

  test.each([
    { sed: 1 },
    { set: { maxSteps: -1 } },
    { set: { learningRte: 1 } },
    { set: { seed: 1 } },
    { vary: {} },
    { vary: { beta: [] } },
    { vary: { beta: ['a'] } },
    { vary: { learningRte: [1] } },
    { vary: { method: { a: { learningRte: 1 } } } },
    { seeds: [] },
  ])('refuses %j', (experiment) => {
    expect(accepts(experiment)).toBe(false);
  });
});

test('every field has a hover text, and the schema refuses unknown fields', () => {
  for (const [name, field] of Object.entries<{ description?: string }>(tracked.properties))
    expect(field.description, name).toMatch(/\w.*\.$/);
  expect(tracked.additionalProperties).toBe(false);
  expect(tracked.required).toEqual(['model', 'dataset', 'rewards']);
});

test("defaults are TRL 1.16's", () => {
  // trl/trainer/grpo_config.py and transformers/training_args.py (5.23)
  const config = runConfigSchema.parse({ model: 'm', dataset: 'd', rewards: ['r.reward.ts'] });
  expect(config).toMatchObject({
    learningRate: 1e-6,
    lrSchedulerType: 'linear',
    warmupSteps: 0,
    adamBeta1: 0.9,
    adamBeta2: 0.999,
    adamEpsilon: 1e-8,
    weightDecay: 0,
    maxGradNorm: 1,
    numGenerations: 8,
    numGenerationsEval: 8,
    numIterations: 1,
    gradientAccumulationSteps: 1,
    maxCompletionLength: 512,
    temperature: 1,
    topP: 1,
    topK: 0,
    minP: null,
    beta: 0,
    epsilon: 0.2,
    epsilonHigh: 0.2,
    delta: null,
    sapoTemperaturePos: 1,
    sapoTemperatureNeg: 1.05,
    vespoKPos: 2,
    vespoLambdaPos: 3,
    vespoKNeg: 3,
    vespoLambdaNeg: 2,
    topEntropyQuantile: 1,
    offPolicyMaskThreshold: null,
    useAdaptiveEntropy: false,
    entropyCoefMin: 0,
    entropyCoefMax: 1,
    entropyCoefDelta: 0.005,
    entropyTarget: 0.2,
    importanceSamplingLevel: 'token',
    multiObjectiveAggregation: 'sum_then_normalize',
    scaleRewards: 'group',
    lossType: 'dapo',
    maskTruncatedCompletions: false,
    syncRefModel: false,
    refModelSyncSteps: 512,
    entropyCoef: 0,
    shuffleDataset: true,
    saveSteps: 500,
    seed: 42,
  });
});
