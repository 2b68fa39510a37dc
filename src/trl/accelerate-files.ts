import type { RunConfig } from '../protocol/run-config.ts';
import { trlOptions } from '../protocol/trl-config.ts';

/** The accelerate configs of a folder: how processes share a model, as TRL's own examples have it. */

export const ACCELERATE = 'accelerate';

/** Of a machine. */
export const GPUS = 8;

interface Processes {
  processes: number;
  machines?: number;
  precision: string;
}

/** An accelerate config. `lines`: what is said of how the model is divided. */
export const accelerateConfig = (lines: readonly string[], { processes, machines = 1, precision }: Processes): string =>
  `${[
    'compute_environment: LOCAL_MACHINE',
    'main_training_function: main',
    'machine_rank: 0',
    `num_machines: ${machines}`,
    `num_processes: ${processes}`,
    'rdzv_backend: static',
    'same_network: true',
    'use_cpu: false',
    `mixed_precision: ${precision}`,
    ...lines,
  ].join('\n')}\n`;

const ALONE = ['distributed_type: "NO"'];
/** Nothing is divided, or something else says how. */
const COPIES = ['distributed_type: MULTI_GPU'];

export const FSDP = [
  'distributed_type: FSDP',
  'fsdp_config:',
  '  fsdp_version: 2',
  '  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP',
  '  fsdp_reshard_after_forward: true',
  '  fsdp_cpu_ram_efficient_loading: true',
  '  fsdp_offload_params: false',
  '  fsdp_state_dict_type: FULL_STATE_DICT',
];

export const ZERO2 = [
  'distributed_type: DEEPSPEED',
  'deepspeed_config:',
  '  deepspeed_multinode_launcher: standard',
  '  offload_optimizer_device: none',
  '  offload_param_device: none',
  '  zero3_init_flag: false',
  '  zero_stage: 2',
];

export const ZERO3 = [
  'distributed_type: DEEPSPEED',
  'deepspeed_config:',
  '  deepspeed_multinode_launcher: standard',
  '  offload_optimizer_device: none',
  '  offload_param_device: none',
  '  zero3_init_flag: true',
  '  zero3_save_16bit_model: true',
  '  zero_stage: 3',
];

/** For one GPU, all GPUs of a machine, and two machines, in the number format of the config. */
export function accelerateFiles(config: RunConfig): Record<string, string> {
  const { bf16, deepspeed } = trlOptions(config);
  const precision = config.fp16 ? 'fp16' : bf16 === false ? '"no"' : 'bf16';
  const several = deepspeed === null ? FSDP : deepspeed === 'zero2' ? ZERO2 : deepspeed === 'zero3' ? ZERO3 : COPIES;
  return {
    'one-gpu.yaml': accelerateConfig(ALONE, { processes: 1, precision }),
    'fsdp.yaml': accelerateConfig(FSDP, { processes: GPUS, precision }),
    'deepspeed-zero3.yaml': accelerateConfig(ZERO3, { processes: GPUS, precision }),
    'several-nodes.yaml': accelerateConfig(several, { processes: 2 * GPUS, machines: 2, precision }),
  };
}
