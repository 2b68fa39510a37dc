import { parse } from 'jsonc-parser';
import type * as z from 'zod';
import { tooDeepAt } from '../files/jsonc.ts';
import { type RewardSpec, rewardFields, rewardSpec } from '../protocol/inputs-config.ts';
import { runConfigFields } from '../protocol/run-config-fields.ts';
import { fileAndFunction } from '../text/file-and-function.ts';
import { own } from '../text/own.ts';

type Written = z.input<typeof runConfigFields>;
type Fields = z.output<typeof runConfigFields>;
/** A field that has no default may be missing. */
type Found<Name extends keyof Fields> = undefined extends Written[Name] ? Fields[Name] : Fields[Name] | undefined;

/**
 * The object that a run config is while it is being edited: whatever of it can be read, unchecked. Undefined where that is not an object.
 * What is wrong with it is for the schema and the trainer to say.
 */
export function looseConfig(text: string): Record<string, unknown> | undefined {
  if (tooDeepAt(text) !== undefined) return undefined;
  const config: unknown = parse(text.replace(/^\uFEFF/, ''), [], { allowTrailingComma: true });
  return typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : undefined;
}

/** These fields of it: the default of one that is missing or wrong, undefined where it has none. Of lists, the elements that are right. */
export function rightFields<Name extends keyof Fields>(
  config: Record<string, unknown>,
  ...names: Name[]
): { [Field in Name]: Found<Field> } {
  const found = names.map((name) => [name, rightValue(name, own(config, name))]);
  return Object.fromEntries(found);
}

function rightValue(name: keyof Fields, value: unknown): unknown {
  if (name === 'rewards') return Array.isArray(value) ? value.flatMap(rightReward) : undefined;
  const schema: z.ZodType = runConfigFields.shape[name];
  if (name === 'rewardEnv' && Array.isArray(value))
    return value.filter((element) => schema.safeParse([element]).success);
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : schema.safeParse(undefined).data;
}

/** Its file is what makes it one. */
function rightReward(value: unknown): RewardSpec[] {
  const parsed = rewardSpec.safeParse(value);
  if (parsed.success) return [parsed.data];
  const long: unknown = typeof value === 'string' ? fileAndFunction(value) : value;
  if (typeof long !== 'object' || long === null) return [];
  const right = Object.entries(rewardFields.shape).flatMap(([name, schema]) => {
    const field = schema.safeParse(own(long as Record<string, unknown>, name));
    return field.success ? [[name, field.data]] : [];
  });
  const { data } = rewardSpec.safeParse(Object.fromEntries(right));
  return data ? [data] : [];
}
