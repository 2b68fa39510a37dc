import { expect, test } from 'vitest';
import { type RunConfig, runConfigSchema } from '../../../src/protocol/run-config.ts';
import type { RewardFunction } from '../../../src/rewards/open-rewards.ts';
import { trlBatches } from '../../../src/trl/batches.ts';
import { translate } from '../../../src/trl/fields.ts';
import { python } from '../../../src/trl/python-value.ts';
import { loraArgs, scriptRewards } from '../../../src/trl/rewards.ts';
import { trainScript } from '../../../src/trl/train-script.ts';

const config = (fields: object = {}): RunConfig =>
  runConfigSchema.parse({ model: 'm', dataset: 'd.jsonl', rewards: ['r.reward.ts'], ...fields });
const ts = { name: 'inclusion', weight: 1, file: '/w/rewards/sort.reward.ts', language: 'typescript' } as const;
const py = { name: 'brevity', weight: 0.5, file: '/w/rewards/be-brief.py', language: 'python' } as const;

const scriptOf = (fields: object, functions: RewardFunction[] = [ts]): string => {
  const complete = config(fields);
  const rewards = scriptRewards(functions, complete);
  const parts = { name: 'sort', configFile: '/w/sort.grpo.json', args: {}, evaluates: false, model: 'model' };
  return trainScript({ ...parts, config: complete, rewards, copied: true });
};

test("a run that we start has the user's own arguments", () => {
  const started = (args: object) => {
    const complete = config({ backend: 'trl', trl: { args } });
    const rewards = scriptRewards([ts], complete);
    const parts = { name: 'sort', configFile: '/w/sort.grpo.json', evaluates: false, model: 'model', copied: true };
    const run = { modules: '/m', checkpoint: null };
    return trainScript({ ...parts, config: complete, rewards, args: translate(complete).args, run });
  };
  expect(started({})).toContain('    disable_tqdm=True,\n');
  const shown = started({ disable_tqdm: false, logging_first_step: true });
  expect(shown.match(/disable_tqdm=\w+/g)).toEqual(['disable_tqdm=False']);
  expect(shown).toContain('logging_first_step=True,');
});

test('values as Python has them', () => {
  expect(python({ a: [1, 3e-4, 1e-8], b: null, c: true, d: 'x"\n' })).toBe(
    '{"a": [1, 0.0003, 1e-8], "b": None, "c": True, "d": "x\\"\\n"}',
  );
});

test.each([
  [
    { promptsPerStep: 16, numGenerations: 8 },
    { completions: 128, microBatch: 128, gradientAccumulationSteps: 1, stepsPerGeneration: 1, updatesPerStep: 1 },
  ],
  [
    { promptsPerStep: 4, numGenerations: 6, gradientAccumulationSteps: 3, numIterations: 2 },
    { completions: 24, microBatch: 8, gradientAccumulationSteps: 3, stepsPerGeneration: 3, updatesPerStep: 2 },
  ],
  [
    { promptsPerStep: 4, numGenerations: 6, gradientAccumulationSteps: 2, numIterations: 2, numMiniBatches: 3 },
    { completions: 24, microBatch: 4, gradientAccumulationSteps: 2, stepsPerGeneration: 6, updatesPerStep: 6 },
  ],
])('%j in TRL', (fields, batches) => {
  expect(trlBatches(config(fields))).toEqual(batches);
});

test('the script divides a step among processes, and counts updates', () => {
  const script = scriptOf({ promptsPerStep: 4, numGenerations: 6, gradientAccumulationSteps: 3, numIterations: 2 });
  expect(script).toContain('per_device_train_batch_size=24 // (3 * processes),');
  expect(script).toContain('gradient_accumulation_steps=3,');
  expect(script).toContain('max_steps=200,');
  expect(script).toContain('if 8 % processes != 0:');
});

test('the script updates with each mini-batch', () => {
  const fields = { promptsPerStep: 4, numGenerations: 6, gradientAccumulationSteps: 2, numMiniBatches: 3 };
  const script = scriptOf(fields);
  expect(script).toContain('per_device_train_batch_size=24 // (6 * processes),');
  expect(script).toContain('gradient_accumulation_steps=2,');
  expect(script).toContain('steps_per_generation=6,');
  expect(script).toContain('max_steps=300,');
  expect(translate(config({ ...fields, gradientAccumulationSteps: 1, numMiniBatches: 5 })).impossible).toEqual([
    expect.stringContaining('mini-batches of equal size'),
  ]);
});

test('rewards of both languages, with their weights', () => {
  const script = scriptOf({ rewardTimeoutSeconds: 5, rewardEnv: ['JUDGE_KEY'] }, [py, ts]);
  expect(script).toContain('from be_brief import brevity');
  expect(script).toContain('"rewards/sort.bundled.mjs#inclusion",\n    timeout=5,\n    env=["JUDGE_KEY"],');
  expect(script).toContain('reward_funcs=[*typescript, brevity],');
  expect(script).toContain('reward_weights=[1, 0.5],');
});

test("DAPO's length penalty is TRL's own function", () => {
  const script = scriptOf({ maxCompletionLength: 100, overlongPenalty: { cache: 20, factor: 2 } });
  expect(script).toContain('overlong_penalty = get_soft_overlong_punishment(100, 20)');
  expect(script).toContain('reward_weights=[1, 2],');
});

test("an adapter as PEFT's config", () => {
  expect(loraArgs(config({ lora: { r: 16, targetModules: 'all-linear', useDora: true } }))).toMatchObject({
    task_type: 'CAUSAL_LM',
    r: 16,
    lora_alpha: 8,
    use_dora: true,
  });
  expect(scriptOf({ lora: {} })).toContain('peft_config=peft_config,');
});

test('the script accumulates what a process learns from at once, by how many there are', () => {
  const fields = { promptsPerStep: 4, numGenerations: 6, numMiniBatches: 2, trl: { perDeviceTrainBatchSize: 3 } };
  const script = scriptOf(fields);
  expect(script).toContain('if 12 % (3 * processes) != 0:');
  expect(script).toContain('accumulated = 12 // (3 * processes)');
  expect(script).toContain('per_device_train_batch_size=3,');
  expect(script).toContain('gradient_accumulation_steps=accumulated,');
  expect(script).toContain('steps_per_generation=2 * accumulated,');
});

test('the script computes where, and in which number format, the config says', () => {
  expect(scriptOf({})).toContain('use_cpu=not torch.accelerator.is_available(),\n    bf16=torch.cuda.is_available(),');
  expect(scriptOf({ backend: 'trl', device: 'cpu' })).toContain('use_cpu=True,\n    bf16=False,');
  expect(scriptOf({ trl: { bf16: true } })).toContain('    bf16=True,');
  expect(scriptOf({ fp16: true })).not.toContain('bf16');
  expect(scriptOf({ device: 'cuda' })).toContain(
    'raise SystemExit("\\"device\\": \\"cuda\\" in the run config needs a GPU, and PyTorch finds none.")',
  );
});

test('the script loads frozen weights in few bits', () => {
  const script = scriptOf({ lora: {}, trl: { quantization: '8bit' } });
  expect(script).toContain('from transformers import BitsAndBytesConfig\n');
  expect(script).toContain('quantization_config = BitsAndBytesConfig(\n    load_in_8bit=True,\n)');
  expect(script).toContain('    quantization_config=quantization_config,\n    peft_config=peft_config,');
});
