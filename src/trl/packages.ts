import type { RunConfig } from '../protocol/run-config.ts';
import type { Reporter } from '../protocol/run-config-fields.ts';
import { trlOptions } from '../protocol/trl-config.ts';

/** The Python packages that training with TRL takes. */

/** What set-up and exported folders install, and what runs were checked with; test/references/requirements.txt has the same. */
export const CHECKED = {
  torch: '2.15.0',
  transformers: '5.23.0',
  trl: '1.16.0',
  accelerate: '1.15.0',
  datasets: '5.2.0',
  peft: '0.21.2',
} as const;

/**
 * Only some options of a run config need these. DeepSpeed and bitsandbytes ran here, on a CPU; of the others, pip finds that they fit together.
 * TRL 1.16 takes vLLM up to 0.31.0, which does not take transformers 5.23.
 */
const FITTING = { vllm: '0.30.0', deepspeed: '0.19.8', bitsandbytes: '0.50.2', 'liger-kernel': '0.8.5' } as const;
/** What transformers reports to from a user's own script; runs of ours report themselves. */
const REPORTED_TO: Record<Reporter, string> = { tensorboard: '2.21.0', trackio: '0.43.0' };
/** What vLLM was built for. */
const VLLM_TORCH = '2.13.0';

export type CheckedPackage = keyof typeof CHECKED;
export type OptionalPackage = keyof typeof FITTING;
export type TrlPackage = CheckedPackage | OptionalPackage;

/** What the set-up command installs. */
export const SET_UP = Object.keys(CHECKED) as CheckedPackage[];
export const OPTIONAL = Object.keys(FITTING) as OptionalPackage[];
export const PACKAGES: readonly TrlPackage[] = [...SET_UP, ...OPTIONAL];

/** Without them nothing trains; PEFT is for LoRA alone. */
export const ALWAYS: readonly CheckedPackage[] = ['torch', 'transformers', 'trl', 'accelerate', 'datasets'];

/** The first TRL whose GRPOConfig has all that we say in it. */
export const OLDEST_TRL = '1.8';

/** The first Python that these versions can be installed in. */
export const OLDEST_PYTHON = '3.11';

/** What the options of a config need beside what is always needed. */
export function packagesOf(config: RunConfig): TrlPackage[] {
  const { vllm, deepspeed, quantization, useLigerKernel, args } = trlOptions(config);
  const inBytes = quantization !== null || /8bit/.test(String(args.optim));
  return [
    ...(config.lora ? (['peft'] as const) : []),
    ...(vllm ? (['vllm'] as const) : []),
    ...(deepspeed ? (['deepspeed'] as const) : []),
    ...(inBytes ? (['bitsandbytes'] as const) : []),
    ...(useLigerKernel ? (['liger-kernel'] as const) : []),
  ];
}

/** A line of `pip install` and of a requirements file. */
export const requirement = (name: TrlPackage): string => `${name}==${{ ...CHECKED, ...FITTING }[name]}`;

/** The requirements file of a folder that trains a config. */
export function requirements(config: RunConfig): string {
  const lines = [...ALWAYS, ...packagesOf(config)].map((name) =>
    name === 'torch' && config.trl?.vllm ? `torch==${VLLM_TORCH}` : requirement(name),
  );
  const reports = config.reportTo.map((name) => `${name}==${REPORTED_TO[name]}`);
  return `${[...lines, ...reports].join('\n')}\n`;
}

/** Below 0 where version `a` is older than `b`, above where it is newer; "1.17.0.dev0" counts as 1.17.0, "2.15.0+cu130" as 2.15.0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => (/^\d+(\.\d+)*/.exec(version)?.[0] ?? '0').split('.').map(Number));
  for (let part = 0; part < Math.max(left!.length, right!.length); part++) {
    const difference = (left![part] ?? 0) - (right![part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
