import { type Schema, Validator } from '@cfworker/json-schema';
import type { RowReward } from './row.ts';

/** Options of {@link jsonFormat}. */
export interface JsonFormatOptions {
  /** A JSON schema, draft 2020-12; without it any JSON is right. */
  schema?: Record<string, unknown>;
  /** The score of valid JSON that does not match the schema. Default: 0. */
  unfit?: number;
}

/**
 * Creates a reward: 1 if the completion is JSON that matches the schema, else 0; the reason names the first mismatch.
 * The JSON is the last ```` ```json ```` block, or else the whole completion.
 *
 * @example export const shape = jsonFormat({
 *   schema: { type: 'object', required: ['city'], properties: { city: { type: 'string' } }, additionalProperties: false },
 * });
 */
export function jsonFormat({ schema, unfit = 0 }: JsonFormatOptions = {}): RowReward {
  const validator = schema && new Validator(schema as Schema, '2020-12');
  return ({ completion }) => {
    const text = lastBlock(completion) ?? completion.trim();
    const extracted = text.slice(0, 200);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      return { score: 0, extracted, reason: `no JSON: ${(error as Error).message.slice(0, 200)}` };
    }
    const misfit = validator && firstMisfit(validator, value);
    return misfit === undefined ? { score: 1, extracted } : { score: unfit, extracted, reason: misfit };
  };
}

/** The contents of the last closed block of three backquotes that is JSON or says nothing of its language. */
function lastBlock(completion: string): string | undefined {
  const parts = completion.split('```');
  for (let at = parts.length - 2; at > 0; at--) {
    const [, language = '', text = ''] = /^(\w*)\n(.*)$/s.exec(parts[at]!) ?? [];
    if (at % 2 === 1 && text !== '' && (language === '' || language.toLowerCase() === 'json')) return text.trim();
  }
  return undefined;
}

function firstMisfit(validator: Validator, value: unknown): string | undefined {
  try {
    const { valid, errors } = validator.validate(value);
    const deepest = errors.at(-1);
    return valid ? undefined : `does not fit the schema at ${deepest?.instanceLocation}: ${deepest?.error}`;
  } catch (error) {
    if (error instanceof RangeError) return 'it is nested too deeply to be checked';
    throw error;
  }
}
