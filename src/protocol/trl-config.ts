import * as z from 'zod';
import { count, path, positive } from './config-values.ts';
import { TRL_ARGUMENTS } from './trl-arguments.ts';

/** What trains: this project's engine, or TRL in a Python process. */
const BACKENDS = ['builtin', 'trl'] as const;

/** Defaults are those of GRPOConfig, in which all these names begin with `vllm_`. */
const vllm = z.strictObject({
  mode: z
    .enum(['colocate', 'server'])
    .default('colocate')
    .describe(
      'colocate: vLLM runs in the training processes and shares their GPUs. server: completions come from a `vllm serve` that you start, on GPUs of its own.',
    ),
  gpuMemoryUtilization: z
    .number()
    .gt(0)
    .max(1)
    .default(0.3)
    .describe("colocate: the share of a GPU's memory that vLLM reserves for its weights and caches."),
  tensorParallelSize: count
    .default(1)
    .describe('colocate: number of GPUs that the model is divided among while it samples. Must divide `processes`.'),
  maxModelLength: count
    .nullable()
    .default(null)
    .describe(
      "colocate: the context in tokens that vLLM makes room for: at least the longest prompt and `maxCompletionLength`; null: the model's.",
    ),
  enableSleepMode: z
    .boolean()
    .default(false)
    .describe("colocate: free vLLM's weights and caches while the policy is updated; saves memory, takes time."),
  serverBaseUrl: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('server: its address, such as "http://node7:8000", instead of `serverHost` and `serverPort`.'),
  serverHost: z.string().min(1).default('0.0.0.0').describe('server: the host that it runs on.'),
  serverPort: z.int().min(1).max(65535).default(8000).describe('server: its port.'),
  serverTimeout: positive.default(240).describe('server: seconds to wait for it to be up.'),
  groupPort: z
    .int()
    .min(1)
    .max(65535)
    .default(51216)
    .describe('server: the port over which the trained weights are sent to it.'),
  importanceSamplingCorrection: z
    .boolean()
    .default(true)
    .describe(
      "Correct the loss for the difference between the probabilities that vLLM sampled with and the policy's own.",
    ),
  importanceSamplingMode: z
    .enum(['token_truncate', 'token_mask', 'sequence_truncate', 'sequence_mask'])
    .default('sequence_mask')
    .describe(
      'Of the correction: one ratio per token or per completion; ratios beyond the bounds are clipped (truncate), or what they belong to does not learn (mask).',
    ),
  importanceSamplingClipMax: positive
    .nullable()
    .default(3)
    .describe('Upper bound of the ratios of the correction; null: none.'),
  importanceSamplingClipMin: positive
    .nullable()
    .default(null)
    .describe('Lower bound of the ratios of the correction; null: none.'),
});

const options = z.strictObject({
  processes: count
    .default(1)
    .describe(
      'Number of processes, one per GPU, that divide the completions of each step. 1: a single process. More need no launcher here: GRPO Lab starts them.',
    ),
  perDeviceTrainBatchSize: count
    .nullable()
    .default(null)
    .describe(
      'Completions that a process learns from at once; gradients are summed over as many such batches as a step has, so that the step stays the same and takes less memory. null: as `gradientAccumulationSteps` says, all at once by default.',
    ),
  bf16: z
    .boolean()
    .nullable()
    .default(null)
    .describe(
      'bfloat16 mixed precision: float32 weights, bfloat16 matrix products. null: on a GPU, unless `fp16` is set.',
    ),
  dtype: z
    .enum(['float32', 'bfloat16', 'float16', 'auto'])
    .default('float32')
    .describe(
      "Number format that the model's weights are loaded and trained in; auto: that of its files. With `lora`, bfloat16 halves the memory of the frozen weights.",
    ),
  gradientCheckpointing: z
    .boolean()
    .default(true)
    .describe(
      'Compute activations again in the backward pass instead of keeping them: less memory, about a fifth slower.',
    ),
  attnImplementation: z
    .union([z.enum(['eager', 'sdpa', 'flash_attention_2', 'flash_attention_3', 'flex_attention']), z.string().min(1)])
    .nullable()
    .default(null)
    .describe("transformers' implementation of attention; null: the one that transformers takes, usually sdpa."),
  useLigerKernel: z
    .boolean()
    .default(false)
    .describe("Liger's Triton kernels for the model's layers; needs a GPU and the package liger-kernel."),
  quantization: z
    .enum(['4bit', '8bit'])
    .nullable()
    .default(null)
    .describe(
      "Load the model's weights in 4 bits (NF4, with double quantization: QLoRA) or 8 bits, by bitsandbytes. They are frozen: only with `lora`.",
    ),
  vllm: vllm
    .nullable()
    .default(null)
    .describe(
      "Sample completions with vLLM, several times as fast as transformers' generate; needs a GPU. {}: TRL's defaults. null: without.",
    ),
  deepspeed: z
    .union([z.enum(['zero2', 'zero3']), path])
    .nullable()
    .default(null)
    .describe(
      'Divide what training takes among the processes by DeepSpeed: gradients and optimizer state (zero2), weights too (zero3), or as a DeepSpeed config says, a .json file. null: without.',
    ),
  fsdp: z
    .union([z.boolean(), path])
    .default(false)
    .describe(
      'Divide weights, gradients and optimizer state among the processes by PyTorch FSDP: true, or an accelerate config, a .yaml file, that says how.',
    ),
  args: z
    .record(z.string(), z.unknown())
    .meta({ propertyNames: { enum: [...TRL_ARGUMENTS] } })
    .default({})
    .describe(
      'Further arguments of TRL 1.16\'s GRPOConfig under their own names, such as { "optim": "adamw_8bit" }, passed on as they are. Those that a field of the run config sets are refused.',
    ),
});

/** What of a run only TRL has, as it is in the run config. */
export type TrlOptions = z.output<typeof options>;
export type VllmOptions = z.output<typeof vllm>;
export const trlFieldNames: readonly string[] = Object.keys(options.shape);
export const vllmFieldNames: readonly string[] = Object.keys(vllm.shape);

const NONE: TrlOptions = options.parse({});
const VLLM: VllmOptions = vllm.parse({});

/** The options of a config, each with a value. A config of an earlier release has none. */
export const trlOptions = ({ trl }: { trl?: TrlOptions | null }): TrlOptions => trl ?? NONE;

/** Those of vLLM that are not TRL's defaults. */
export const changedVllm = (given: VllmOptions): [keyof VllmOptions, string | number | boolean | null][] =>
  (Object.keys(VLLM) as (keyof VllmOptions)[]).flatMap((name) =>
    given[name] === VLLM[name] ? [] : [[name, given[name]]],
  );

export const backendFields = {
  backend: z
    .enum(BACKENDS)
    .default('builtin')
    .describe(
      'What trains. builtin: the engine of GRPO Lab, on this machine\'s CPU or GPU, without Python. trl: TRL\'s GRPOTrainer in your Python environment, for NVIDIA GPUs, several processes and large models; **GRPO: Set Up TRL** installs it. docs/scaling.md compares them. "device": "cuda" selects trl.',
    ),
  trl: options
    .nullable()
    .default(null)
    .describe(
      'Options that only TRL has: for `"backend": "trl"`, and for the folder that `grpo export trl` writes. The built-in engine ignores them. null: none.',
    ),
};

/** For the log of a run that the built-in engine trains. */
export const unusedNotes = ({ backend, trl }: { backend: string; trl: TrlOptions | null }): string[] =>
  backend === 'builtin' && trl !== null
    ? ['The built-in engine trains this run and does not use "trl"; set "backend" to "trl" to train with TRL.']
    : [];

/** TRL is what trains on CUDA: a config that names that device need not name the backend. */
export function withTrlOnCuda(config: unknown): unknown {
  if (typeof config !== 'object' || config === null || 'backend' in config) return config;
  return (config as { device?: unknown }).device === 'cuda' ? { ...config, backend: 'trl' } : config;
}
