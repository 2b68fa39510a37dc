import { isReward, rewardText } from '../../src/protocol/difference-text.ts';

/** One field of configs, as text, one value per run; null where a run does not have it. */
export interface ConfigField {
  field: string;
  values: (string | null)[];
}

/** All fields that any of the configs has, in the order in which they first occur. Lists count as one value, but for stages. */
export function configFields(configs: readonly object[]): ConfigField[] {
  const flat = configs.map((config) => flatten(config, ''));
  const fields = new Set(flat.flatMap((config) => [...config.keys()]));
  // null in one where others have fields: that they have them says it.
  for (const field of fields) {
    const isParted = [...fields].some((other) => other.startsWith(`${field}.`));
    if (isParted && flat.every((config) => [undefined, 'null'].includes(config.get(field)))) fields.delete(field);
  }
  return [...fields].map((field) => ({ field, values: flat.map((config) => config.get(field) ?? null) }));
}

function flatten(value: object, prefix: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
    const isOne = Array.isArray(inner) && !(name === 'stages' && inner.length > 0);
    const nested = typeof inner === 'object' && inner !== null && !isOne;
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
