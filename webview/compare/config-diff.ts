import { isReward, rewardText } from '../../src/protocol/difference-text.ts';

/** One field of configs, as text, one value per run; null where a run does not have it. */
export interface ConfigField {
  field: string;
  values: (string | null)[];
}

/** All fields that any of the configs has, in the order in which they first occur. Lists count as one value. */
export function configFields(configs: readonly object[]): ConfigField[] {
  const flat = configs.map((config) => flatten(config, ''));
  const fields = new Set(flat.flatMap((config) => [...config.keys()]));
  return [...fields].map((field) => ({ field, values: flat.map((config) => config.get(field) ?? null) }));
}

function flatten(value: object, prefix: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
    const nested = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    if (nested) for (const [key, text] of flatten(inner, `${prefix}${name}.`)) fields.set(key, text);
    else if (inner !== undefined) fields.set(`${prefix}${name}`, textOf(inner));
  }
  return fields;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.map((item) => (isReward(item) ? rewardText(item) : textOf(item))).join(', ');
}
