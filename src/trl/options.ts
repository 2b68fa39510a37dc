import type { RunConfig } from '../protocol/run-config.ts';
import { changedVllm, type TrlOptions, trlOptions } from '../protocol/trl-config.ts';
import { snakeCase } from '../text/snake-case.ts';
import { PythonCode, type PythonValue } from './python-value.ts';

type Arguments = Record<string, PythonValue>;

/** A DeepSpeed config of the user's own and an accelerate config, where the folder of a script has them. */
export const DEEPSPEED_FILE = 'accelerate/deepspeed.json';
export const FSDP_FILE = 'accelerate/own-fsdp.yaml';

/** What the options that only TRL has come to in GRPOConfig. How completions are divided among micro-batches is in train-script.ts. */
export function optionArgs(config: RunConfig): Arguments {
  const options = trlOptions(config);
  const { vllm, attnImplementation, dtype } = options;
  const { model_init_kwargs: modelArgs, generation_kwargs: generationArgs, ...args } = options.args as Arguments;
  const model = {
    ...(modelArgs as Arguments),
    ...(attnImplementation !== null && { attn_implementation: attnImplementation }),
    ...(dtype !== 'float32' && { dtype }),
  };
  const generation = {
    ...(generationArgs as Arguments),
    ...(config.minCompletionLength > 0 && { [vllm ? 'min_tokens' : 'min_new_tokens']: config.minCompletionLength }),
  };
  return {
    ...(Object.keys(generation).length > 0 && { generation_kwargs: generation }),
    ...(!options.gradientCheckpointing && { gradient_checkpointing: false }),
    ...(options.useLigerKernel && { use_liger_kernel: true }),
    ...(vllm && { use_vllm: true }),
    ...Object.fromEntries((vllm ? changedVllm(vllm) : []).map(([name, value]) => [`vllm_${snakeCase(name)}`, value])),
    ...(ownDeepspeed(options) && { deepspeed: DEEPSPEED_FILE }),
    ...(Object.keys(model).length > 0 && { model_init_kwargs: model }),
    ...args,
  };
}

/** `bf16` and `use_cpu` of GRPOConfig, which the script finds out unless the config says. */
export function deviceArgs(config: RunConfig): Arguments {
  const { bf16 } = trlOptions(config);
  const onCpu = config.backend === 'trl' && config.device === 'cpu';
  // TRL's default would be bfloat16 on a CPU, too.
  const found = onCpu ? false : new PythonCode('torch.cuda.is_available()');
  return {
    // Otherwise accelerate would not see the other processes on a CPU.
    use_cpu: onCpu || new PythonCode('not torch.accelerator.is_available()'),
    ...(!config.fp16 && { bf16: bf16 ?? found }),
  };
}

/** bitsandbytes' config for the frozen weights of a model with an adapter; undefined: they are not quantized. */
export function quantizationArgs(config: RunConfig): Arguments | undefined {
  const options = trlOptions(config);
  if (options.quantization === null) return undefined;
  if (options.quantization === '8bit') return { load_in_8bit: true };
  // What FSDP and ZeRO-3 divide has to be of one number format.
  const storage = options.fsdp !== false || options.deepspeed === 'zero3';
  return {
    load_in_4bit: true,
    bnb_4bit_quant_type: 'nf4',
    bnb_4bit_use_double_quant: true,
    bnb_4bit_compute_dtype: 'bfloat16',
    ...(storage && options.dtype !== 'auto' && { bnb_4bit_quant_storage: options.dtype }),
  };
}

/** DeepSpeed as a file of the user's says. */
const ownDeepspeed = ({ deepspeed }: TrlOptions): boolean =>
  deepspeed !== null && deepspeed !== 'zero2' && deepspeed !== 'zero3';

/** The user's files that the folder of a script needs, by their places in it. */
export function optionFiles(config: RunConfig): Map<string, string> {
  const options = trlOptions(config);
  return new Map([
    ...(ownDeepspeed(options) ? ([[DEEPSPEED_FILE, options.deepspeed!]] as const) : []),
    ...(typeof options.fsdp === 'string' ? ([[FSDP_FILE, options.fsdp]] as const) : []),
  ]);
}

/** What of a config needs a GPU, as sentences name it; not what a CPU does more slowly. */
export function gpuFields(config: RunConfig): string[] {
  const { vllm, fsdp, useLigerKernel, attnImplementation } = trlOptions(config);
  return [
    ...(config.device === 'cuda' ? ['"device": "cuda"'] : []),
    ...(config.fp16 ? ['"fp16"'] : []),
    ...(vllm ? ['"trl.vllm"'] : []),
    ...(fsdp !== false ? ['"trl.fsdp"'] : []),
    ...(useLigerKernel ? ['"trl.useLigerKernel"'] : []),
    ...(attnImplementation?.startsWith('flash') ? [`"trl.attnImplementation": "${attnImplementation}"`] : []),
  ];
}
