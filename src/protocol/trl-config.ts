import { z } from 'zod';
import { count } from './config-values.ts';

/** What trains: this project's engine, or TRL in a Python process. */
const BACKENDS = ['builtin', 'trl'] as const;

const options = z.strictObject({
  processes: count
    .default(1)
    .describe(
      'Number of processes, one per GPU, that divide the completions of each step; started by accelerate. 1: a single process.',
    ),
});

/** What of a run only TRL has, as it is in the run config. */
export type TrlOptions = z.output<typeof options>;
export const trlFieldNames: readonly string[] = Object.keys(options.shape);

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

/** TRL is what trains on CUDA: a config that names that device need not name the backend. */
export function withTrlOnCuda(config: unknown): unknown {
  if (typeof config !== 'object' || config === null || 'backend' in config) return config;
  return (config as { device?: unknown }).device === 'cuda' ? { ...config, backend: 'trl' } : config;
}
