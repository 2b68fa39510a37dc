import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type RunConfig, runConfigSchema } from '../../../src/protocol/run-config.ts';
import { evaluationArgs } from '../../../src/trl/evaluation.ts';
import { TRL_FIELDS, translate } from '../../../src/trl/fields.ts';
import { requirements } from '../../../src/trl/packages.ts';

const config = (fields: object = {}): RunConfig =>
  runConfigSchema.parse({ model: 'm', dataset: 'd.jsonl', rewards: ['r.reward.ts'], ...fields });

test('every field of a run config has a row', () => {
  expect(Object.keys(TRL_FIELDS).sort()).toEqual(Object.keys(config()).sort());
});

test("a config that says nothing has TRL's defaults", () => {
  expect(translate(config()).args).toEqual({});
  expect(translate(config()).impossible).toEqual([]);
});

describe('what TRL has goes there by its name', () => {
  test.each<[object, object]>([
    [
      { learningRate: 3e-4, lrSchedulerType: 'constant' },
      { learning_rate: 3e-4, lr_scheduler_type: 'constant' },
    ],
    [
      { lossType: 'dr_grpo', scaleRewards: false },
      { loss_type: 'dr_grpo', scale_rewards: 'none' },
    ],
    [{ epsilonHigh: 0.28 }, { epsilon_high: 0.28 }],
    [{ epsilon: 0.1 }, { epsilon: 0.1 }],
    [{ minCompletionLength: 4 }, { generation_kwargs: { min_new_tokens: 4 } }],
    [{ chatTemplateKwargs: { enable_thinking: false } }, { chat_template_kwargs: { enable_thinking: false } }],
    [{ warmupSteps: 0.1 }, { warmup_steps: 0.1 }],
    [
      { beta: 0.04, syncRefModel: true },
      { beta: 0.04, sync_ref_model: true, ref_model_mixup_alpha: 1, ref_model_sync_steps: 512 },
    ],
    [{ reportTo: ['trackio'] }, { report_to: ['trackio'] }],
  ])('%j', (fields, args) => {
    expect(translate(config(fields)).args).toEqual(args);
  });
});

test('steps become optimizer updates', () => {
  const fields = {
    numIterations: 3,
    saveSteps: 10,
    warmupSteps: 5,
    beta: 0.1,
    syncRefModel: true,
    refModelSyncSteps: 7,
    refModelMixupAlpha: 0.6,
    lrSchedulerType: 'warmup_stable_decay',
    lrSchedulerKwargs: { numDecaySteps: 20, minLrRatio: 0.1 },
  };
  expect(translate(config(fields)).args).toEqual({
    num_iterations: 3,
    save_steps: 30,
    warmup_steps: 15,
    beta: 0.1,
    sync_ref_model: true,
    ref_model_sync_steps: 21,
    lr_scheduler_type: 'warmup_stable_decay',
    lr_scheduler_kwargs: { num_decay_steps: 60, min_lr_ratio: 0.1 },
  });
});

test.each<[object, string]>([
  [{ baseline: 'history' }, '"baseline"'],
  [{ scaleRewards: 'adaptive' }, '"scaleRewards"'],
  [{ lossType: 'reinforce' }, '"lossType"'],
  [{ dynamicSampling: {} }, '"dynamicSampling"'],
  [{ beta: 0.1, dpoCoef: 0.5 }, '"dpoCoef"'],
  [{ lengthPenalty: { target: 10 } }, '"lengthPenalty"'],
  [{ processRewardWeight: 1 }, '"processRewardWeight"'],
  [{ stages: [{ kind: 'grpo' }] }, '"stages"'],
  [{ model: 'm.gguf' }, '"model"'],
  [{ beta: 0.1, syncRefModel: true, lora: {} }, '"syncRefModel"'],
])('%j is said to be impossible, in one sentence', (fields, field) => {
  const { impossible } = translate(config(fields));
  expect(impossible).toHaveLength(1);
  expect(impossible[0]).toMatch(new RegExp(`^${field}: [A-Z].*\\.$`));
});

test('what is approximated is said, once per field', () => {
  const { approximated } = translate(config({ rewards: ['r.py'], checkpointDtype: 'bfloat16' }));
  expect(approximated.map((sentence) => /^"(\w+)": /.exec(sentence)![1])).toEqual([
    'rewardTimeoutSeconds',
    'seed',
    'checkpointDtype',
  ]);
});

describe('evaluation', () => {
  const heldOut = { evalDataset: 'e.jsonl', promptsPerStep: 4, numGenerations: 8, maxSteps: 100 };

  test('before the first and after the last step', () => {
    expect(evaluationArgs(config({ ...heldOut, numIterations: 2 }))).toEqual({
      args: { eval_strategy: 'steps', eval_steps: 200, eval_on_start: true, per_device_eval_batch_size: 32 },
      approximated: [],
    });
  });

  test('whole groups of another size', () => {
    const { args } = evaluationArgs(config({ ...heldOut, evalSteps: 10, numGenerationsEval: 3, evalOnStart: false }));
    expect(args).toEqual({
      eval_strategy: 'steps',
      eval_steps: 10,
      num_generations_eval: 3,
      per_device_eval_batch_size: 30,
    });
  });

  test('a last evaluation that falls on no multiple is missing, which is said', () => {
    const { approximated } = evaluationArgs(config({ ...heldOut, evalSteps: 30 }));
    expect(approximated).toEqual([
      '"evalOnStart": TRL evaluates every 30 steps, the last time after step 90, not after step 100.',
    ]);
  });

  test('none', () => {
    expect(evaluationArgs(config({ ...heldOut, evalOnStart: false })).args).toEqual({});
  });
});

test('exported folders require the versions that they were checked with', () => {
  const checked = readFileSync(join(import.meta.dirname, '../../references/requirements.txt'), 'utf8').split('\n');
  const required = requirements(config({ lora: {}, reportTo: ['tensorboard', 'trackio'] }))
    .trim()
    .split('\n');
  expect(required).toHaveLength(8);
  expect(required.filter((line) => !checked.includes(line))).toEqual([]);
});
