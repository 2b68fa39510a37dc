import { describe, expect, test } from 'vitest';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';

const inputs = { model: 'm', dataset: 'd.jsonl', rewards: ['r.reward.ts'], promptsPerStep: 4, numGenerations: 6 };

const problemsOf = (fields: object): string[] => {
  const parsed = runConfigSchema.safeParse({ ...inputs, ...fields });
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
};

test('"device": "cuda" is trained by TRL', () => {
  const parse = (fields: object) => runConfigSchema.parse({ ...inputs, ...fields });
  expect(parse({ device: 'cuda' })).toMatchObject({ backend: 'trl', device: 'cuda' });
  expect(parse({ device: 'cpu' })).toMatchObject({ backend: 'builtin', trl: null });
  const recorded = parse({ device: 'cuda', trl: { processes: 2, vllm: {} } });
  expect(runConfigSchema.parse(JSON.parse(JSON.stringify(recorded)))).toEqual(recorded);
});

describe('what goes together', () => {
  test.each([
    { backend: 'trl', device: 'cpu' },
    { trl: {} },
    { trl: { processes: 4, fsdp: true, dtype: 'bfloat16' } },
    { trl: { processes: 2, fsdp: 'mine.yaml' } },
    { trl: { processes: 2, deepspeed: 'zero3', vllm: { tensorParallelSize: 2 } } },
    { trl: { deepspeed: 'ds.json' } },
    { trl: { perDeviceTrainBatchSize: 3, processes: 4 } },
    { trl: { perDeviceTrainBatchSize: 2, processes: 2 }, numMiniBatches: 3 },
    { trl: { vllm: { mode: 'server', serverHost: 'node7' } }, lossType: 'dapo' },
    { trl: { vllm: { importanceSamplingMode: 'token_mask' } }, lossType: 'vespo' },
    { trl: { quantization: '4bit', bf16: true }, lora: {} },
    { trl: { args: { optim: 'adamw_8bit', model_init_kwargs: { revision: 'main' } } } },
  ])('%j', (fields) => {
    expect(problemsOf(fields)).toEqual([]);
  });
});

describe('what does not is said at its field', () => {
  test.each<[object, string]>([
    [{ trl: { bf16: true }, fp16: true }, 'trl.bf16 cannot be combined with "fp16"; remove one of them'],
    [{ trl: { quantization: '4bit' } }, 'trl.quantization requires "lora": quantized weights cannot be trained'],
    [{ trl: { fsdp: true } }, 'trl.fsdp divides a model among several processes; set "trl.processes" above 1'],
    [
      { trl: { fsdp: true, processes: 2, deepspeed: 'zero2' } },
      'trl.fsdp cannot be combined with "trl.deepspeed"; remove one of them',
    ],
    [
      { trl: { fsdp: true, processes: 2 }, backend: 'trl', device: 'cpu' },
      'trl.fsdp needs GPUs; set "device" to "cuda", or remove it',
    ],
    [{ trl: { deepspeed: 'zero4' } }, 'trl.deepspeed must be "zero2", "zero3" or a DeepSpeed config, a .json file'],
    [
      { trl: { deepspeed: 'zero3', quantization: '8bit' }, lora: {} },
      'trl.quantization cannot be "8bit" with "trl.deepspeed", which cannot divide such weights; set it to "4bit"',
    ],
    [
      { trl: { vllm: {}, quantization: '8bit' }, lora: {} },
      'trl.quantization cannot be "8bit" with "trl.vllm" in the mode "colocate": vLLM loads such models in 4 bits only',
    ],
    [{ trl: { processes: 5 } }, "trl.processes must divide a step's 24 completions"],
    [
      { trl: { processes: 6 }, gradientAccumulationSteps: 8 },
      "trl.processes times gradientAccumulationSteps (8) must divide a step's 24 completions",
    ],
    [{ trl: { perDeviceTrainBatchSize: 5 } }, "trl.perDeviceTrainBatchSize must divide a step's 24 completions"],
    [
      { trl: { perDeviceTrainBatchSize: 8, processes: 2 } },
      "trl.perDeviceTrainBatchSize times the 2 processes must divide a step's 24 completions",
    ],
    [
      { trl: { perDeviceTrainBatchSize: 3 }, numMiniBatches: 3 },
      "trl.perDeviceTrainBatchSize must divide each of the 3 mini-batches of a step's 24 completions",
    ],
    [
      { trl: { perDeviceTrainBatchSize: 4 }, gradientAccumulationSteps: 2 },
      'trl.perDeviceTrainBatchSize cannot be combined with gradientAccumulationSteps, which divides a step by number; remove one of them',
    ],
    [
      { trl: { vllm: {} }, backend: 'trl', device: 'cpu' },
      'trl.vllm needs a GPU; set "device" to "cuda", or remove it',
    ],
    [{ trl: { vllm: { serverPort: 9 } } }, 'trl.vllm.serverPort requires the mode "server"'],
    [
      { trl: { vllm: { mode: 'server', gpuMemoryUtilization: 0.9 } } },
      'trl.vllm.gpuMemoryUtilization has no effect in the mode "server"; give it to `vllm serve`',
    ],
    [
      { trl: { vllm: { tensorParallelSize: 2 } } },
      'trl.vllm.tensorParallelSize must divide the number of processes, "trl.processes" (1)',
    ],
    [
      { trl: { vllm: { importanceSamplingClipMin: 4 } } },
      'trl.vllm.importanceSamplingClipMin must be below importanceSamplingClipMax (3)',
    ],
    [
      { trl: { vllm: { importanceSamplingMode: 'token_truncate', importanceSamplingClipMax: null } } },
      'trl.vllm.importanceSamplingMode cannot be "token_truncate" without importanceSamplingClipMax or importanceSamplingClipMin',
    ],
    [
      { trl: { vllm: {} }, lossType: 'vespo' },
      'trl.vllm.importanceSamplingMode cannot be "sequence_mask" with lossType "vespo"; set it to "token_mask" or "token_truncate"',
    ],
    [{ trl: { args: { learning_rate: 1 } } }, 'trl.args.learning_rate cannot be set here; set "learningRate"'],
    [
      { trl: { args: { gradient_checkpointing: true } } },
      'trl.args.gradient_checkpointing cannot be set here; set "gradientCheckpointing"',
    ],
    [
      { trl: { args: { vllm_server_port: 1 } } },
      'trl.args.vllm_server_port cannot be set here; set "trl.vllm.serverPort"',
    ],
    [{ trl: { args: { output_dir: 'x' } } }, 'trl.args.output_dir cannot be set here; it is in the run folder'],
    [
      { trl: { args: { ddp_timout: 9 } } },
      'trl.args.ddp_timout is no argument of GRPOConfig in TRL 1.16; the nearest one is "ddp_timeout"',
    ],
    [{ trl: { args: { nope: 9 } } }, 'trl.args.nope is no argument of GRPOConfig in TRL 1.16'],
    [
      { trl: { args: { model_init_kwargs: { dtype: 'auto' } } } },
      'trl.args.model_init_kwargs.dtype cannot be set here; set "trl.dtype"',
    ],
  ])('%j', (fields, message) => {
    expect(problemsOf(fields)).toEqual([message]);
  });
});
