import { describe, expect, test } from 'vitest';
import { type RunConfig, runConfigSchema } from '../../../src/protocol/run-config.ts';
import { accelerateFiles } from '../../../src/trl/accelerate-files.ts';
import { evaluationArgs } from '../../../src/trl/evaluation.ts';
import { translate } from '../../../src/trl/fields.ts';
import { launch } from '../../../src/trl/launch.ts';
import { readme } from '../../../src/trl/launch-files.ts';
import { gpuFields, optionFiles, quantizationArgs } from '../../../src/trl/options.ts';
import { packagesOf, requirements } from '../../../src/trl/packages.ts';

const config = (fields: object): RunConfig =>
  runConfigSchema.parse({ model: 'm', dataset: 'd.jsonl', rewards: ['r.reward.ts'], ...fields });
const withTrl = (trl: object, fields: object = {}): RunConfig => config({ ...fields, trl });

test("options that say nothing are TRL's defaults", () => {
  expect(translate(withTrl({}))).toEqual(translate(config({})));
  expect(launch(withTrl({}))).toEqual({ args: ['train.py'] });
});

test.each<[RunConfig, object]>([
  [withTrl({ gradientCheckpointing: false }), { gradient_checkpointing: false }],
  [withTrl({ vllm: {} }), { use_vllm: true }],
  [
    withTrl({ vllm: { mode: 'server', serverHost: 'node7' } }, { minCompletionLength: 3 }),
    {
      generation_kwargs: { min_tokens: 3 },
      ...{ use_vllm: true, vllm_mode: 'server', vllm_server_host: 'node7' },
    },
  ],
  [
    withTrl({ args: { generation_kwargs: { stop_strings: ['.'] }, tf32: true } }, { minCompletionLength: 3 }),
    { generation_kwargs: { stop_strings: ['.'], min_new_tokens: 3 }, tf32: true },
  ],
  [
    withTrl({ dtype: 'bfloat16', attnImplementation: 'sdpa', args: { model_init_kwargs: { revision: 'x' } } }),
    { model_init_kwargs: { revision: 'x', attn_implementation: 'sdpa', dtype: 'bfloat16' } },
  ],
  [withTrl({ deepspeed: '/w/ds.json' }), { deepspeed: 'accelerate/deepspeed.json' }],
])('GRPOConfig of %#', (complete, args) => {
  expect(translate(complete).args).toEqual(args);
});

test('what each process learns from at once also bounds evaluations', () => {
  const complete = withTrl({ perDeviceTrainBatchSize: 8 }, { promptsPerStep: 16, evalSteps: 10, evalDataset: 'e' });
  expect(evaluationArgs(complete).args).toMatchObject({ per_device_eval_batch_size: 8 });
});

test('losses that count each part of a step for itself are said to change', () => {
  const noted = (fields: object, trl: object) => translate(withTrl(trl, fields)).approximated.join(' ');
  expect(noted({ lossType: 'bnpo' }, { processes: 2 })).toContain('"lossType": "bnpo" averages');
  expect(noted({ topEntropyQuantile: 0.2 }, { perDeviceTrainBatchSize: 2 })).toContain('"topEntropyQuantile" chooses');
  expect(noted({ topEntropyQuantile: 0.2 }, { processes: 2 })).not.toContain('topEntropyQuantile');
  expect(noted({ lossType: 'dapo' }, { processes: 2, perDeviceTrainBatchSize: 2 })).not.toContain('lossType');
});

describe('how it is started', () => {
  test('several processes, by torchrun', () => {
    const torchrun = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node'];
    expect(launch(withTrl({ processes: 4 }))).toEqual({ args: [...torchrun, '4', 'train.py'] });
    expect(launch(withTrl({ deepspeed: 'ds.json' }))).toEqual({ args: [...torchrun, '1', 'train.py'] });
  });

  test('a model that is divided, by accelerate', () => {
    const { args, file } = launch(withTrl({ processes: 4, deepspeed: 'zero3' }));
    expect(args.join(' ')).toBe(
      '-m accelerate.commands.launch --config_file accelerate/run.yaml --num_processes 4 --main_process_port 0 train.py',
    );
    expect(file!.path).toBe('accelerate/run.yaml');
    expect(file!.text).toContain('distributed_type: DEEPSPEED');
    expect(file!.text).toContain('zero_stage: 3');
    expect(file!.text).toContain('num_processes: 4');
    expect(launch(withTrl({ processes: 2, deepspeed: 'zero2' })).file!.text).toContain('zero_stage: 2');
    expect(launch(withTrl({ processes: 2, fsdp: true })).file!.text).toContain('fsdp_version: 2');
  });

  test("by accelerate with a config of the user's", () => {
    const complete = withTrl({ processes: 2, fsdp: '/w/mine.yaml' });
    expect(launch(complete).file).toBeUndefined();
    expect(launch(complete).args).toContain('accelerate/own-fsdp.yaml');
    expect([...optionFiles(complete)]).toEqual([['accelerate/own-fsdp.yaml', '/w/mine.yaml']]);
  });

  test('on several machines, divided as the config says', () => {
    const several = (trl: object) => accelerateFiles(withTrl(trl))['several-nodes.yaml'];
    expect(several({})).toContain('distributed_type: FSDP');
    expect(several({ deepspeed: 'zero2' })).toContain('zero_stage: 2');
    expect(several({ deepspeed: 'ds.json' })).toContain('distributed_type: MULTI_GPU');
  });

  test('in the number format of the config', () => {
    const precision = (fields: object) =>
      /mixed_precision: (.*)/.exec(accelerateFiles(config(fields))['fsdp.yaml']!)![1];
    expect(precision({})).toBe('bf16');
    expect(precision({ fp16: true })).toBe('fp16');
    expect(precision({ trl: { bf16: false } })).toBe('"no"');
  });
});

test('weights in 4 bits, stored so that they can be divided', () => {
  expect(quantizationArgs(withTrl({ quantization: '4bit' }, { lora: {} }))).toMatchObject({
    ...{ load_in_4bit: true, bnb_4bit_quant_type: 'nf4' },
  });
  const divided = withTrl({ quantization: '4bit', processes: 2, fsdp: true, dtype: 'bfloat16' }, { lora: {} });
  expect(quantizationArgs(divided)).toMatchObject({ bnb_4bit_quant_storage: 'bfloat16' });
  expect(quantizationArgs(withTrl({ quantization: '8bit' }, { lora: {} }))).toEqual({ load_in_8bit: true });
  expect(quantizationArgs(config({ lora: {} }))).toBeUndefined();
});

test('what needs a GPU', () => {
  expect(gpuFields(config({}))).toEqual([]);
  const slow = { quantization: '4bit', bf16: true, deepspeed: 'zero2', processes: 2 };
  expect(gpuFields(withTrl(slow, { lora: {} }))).toEqual([]);
  const all = { vllm: {}, fsdp: true, processes: 2, useLigerKernel: true, attnImplementation: 'flash_attention_2' };
  expect(gpuFields(withTrl(all, { device: 'cuda', fp16: true }))).toEqual([
    ...['"device": "cuda"', '"fp16"', '"trl.vllm"', '"trl.fsdp"', '"trl.useLigerKernel"'],
    '"trl.attnImplementation": "flash_attention_2"',
  ]);
});

test('packages for what is used, with the PyTorch that vLLM was built for', () => {
  expect(requirements(config({}))).not.toMatch(/peft|vllm|deepspeed|bitsandbytes|liger/);
  const complete = withTrl({ vllm: {}, deepspeed: 'zero3', processes: 2, useLigerKernel: true });
  expect(packagesOf(complete)).toEqual(['vllm', 'deepspeed', 'liger-kernel']);
  expect(requirements(complete)).toMatch(/^torch==2\.13\.0$/m);
  expect(packagesOf(withTrl({ args: { optim: 'paged_adamw_8bit' } }))).toEqual(['bitsandbytes']);
  expect(packagesOf(withTrl({ quantization: '4bit' }, { lora: {} }))).toEqual(['peft', 'bitsandbytes']);
});

test('the README says what to start beside it', () => {
  const parts = { name: 'sort', typescript: false, copied: false, model: '/m', notes: [] };
  const server = withTrl({ vllm: { mode: 'server', serverPort: 8001 } });
  expect(readme({ ...parts, config: server })).toContain('vllm serve /m --port 8001 --weight-transfer-config');
  expect(readme({ ...parts, config: withTrl({ processes: 2 }) })).toContain('--nproc-per-node 2 train.py\n```');
  expect(readme({ ...parts, config: withTrl({ processes: 2 }) })).toContain('in 2 processes');
});
