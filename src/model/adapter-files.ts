import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { BadInput } from '../protocol/errors.ts';
import { LORA_MODULES } from '../protocol/lora-config.ts';
import { writeJsonFlushed } from './flushed-file.ts';
import { readJsonObject } from './json-file.ts';
import type { Lora } from './lora.ts';
import { readSafetensorsHeader, type TensorEntry } from './safetensors.ts';
import { type NamedTensor, type WeightDtype, writeSafetensors } from './safetensors-writer.ts';

/** PEFT's folder of an adapter: its config, which names the model that it belongs to, and its tensors. */
const CONFIG_FILE = 'adapter_config.json';
const TENSOR_FILE = 'adapter_model.safetensors';
/** All that an adapter's folder must have. */
export const ADAPTER_FILES: readonly string[] = [CONFIG_FILE, TENSOR_FILE];
/** What PEFT puts before the model's own names. */
const PREFIX = 'base_model.model.';

/** What PEFT can do and we cannot: must be off, or empty. */
const absent = z
  .unknown()
  .refine((value) => !value || (typeof value === 'object' && Object.keys(value).length === 0), {
    error: 'is set, which is not supported',
  })
  .optional();

const adapterConfig = z.object({
  peft_type: z.literal('LORA', 'must be "LORA"'),
  base_model_name_or_path: z.string('must name the model that the adapter belongs to'),
  r: z.int('must be a positive integer').positive('must be a positive integer'),
  lora_alpha: z.number('must be a number'),
  target_modules: z.array(z.enum(LORA_MODULES), `must be a list of some of ${LORA_MODULES.join(', ')}`),
  use_rslora: z.boolean('must be true or false').default(false),
  fan_in_fan_out: absent,
  bias: z.literal('none', 'must be "none"').default('none'),
  use_dora: absent,
  modules_to_save: absent,
  rank_pattern: absent,
  alpha_pattern: absent,
  layers_to_transform: absent,
});

/** What an adapter is made for, and of. */
export interface AdapterConfig {
  /** The path of its model. */
  base: string;
  lora: Lora;
}

export const isAdapterFolder = (folder: string): boolean => existsSync(join(folder, CONFIG_FILE));

/** The adapter in `folder`; undefined when it holds none. */
export function readAdapterConfig(folder: string): AdapterConfig | undefined {
  const file = join(folder, CONFIG_FILE);
  const json = isAdapterFolder(folder) && readJsonObject(file);
  if (!json) return undefined;
  const parsed = adapterConfig.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new BadInput(`"${issue.path.join('.')}" ${issue.message}`, { file });
  }
  const { base_model_name_or_path: base, r, lora_alpha, target_modules, use_rslora } = parsed.data;
  if (!existsSync(base) || isAdapterFolder(base)) {
    const message = `the adapter's model is not at ${base}; correct "base_model_name_or_path" to the path of the model that it was trained on`;
    throw new BadInput(message, { file });
  }
  // PEFT keeps the modules as a set, in any order.
  const targetModules = LORA_MODULES.filter((name) => target_modules.includes(name));
  return { base: resolve(base), lora: { r, loraAlpha: lora_alpha, targetModules, useRslora: use_rslora } };
}

/** The adapter's tensors by our names. */
export function adapterEntries(folder: string): TensorEntry[] {
  const entries = readSafetensorsHeader(join(folder, TENSOR_FILE));
  return entries.map((entry) => ({ ...entry, name: entry.name.replace(PREFIX, '') }));
}

/** Puts an adapter for the model at `base` into an existing folder, as PEFT's `save_pretrained` does. */
export async function writeAdapterFiles(
  folder: string,
  { base, lora }: AdapterConfig,
  tensors: readonly NamedTensor[],
  dtype: WeightDtype,
): Promise<void> {
  writeJsonFlushed(join(folder, CONFIG_FILE), {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: base,
    r: lora.r,
    lora_alpha: lora.loraAlpha,
    target_modules: lora.targetModules,
    use_rslora: lora.useRslora,
    lora_dropout: 0,
    bias: 'none',
    fan_in_fan_out: false,
    init_lora_weights: true,
    inference_mode: true,
    modules_to_save: null,
  });
  const named = tensors.map(([name, shape, values]) => [PREFIX + name, shape, values] as const);
  await writeSafetensors(join(folder, TENSOR_FILE), new Map(named.map(([name, shape]) => [name, shape])), named, dtype);
}

/** The number format that the adapter was saved in. */
export function adapterDtype(folder: string): WeightDtype {
  const names: Record<string, WeightDtype> = { F16: 'float16', BF16: 'bfloat16' };
  return names[adapterEntries(folder)[0]?.dtype ?? ''] ?? 'float32';
}
