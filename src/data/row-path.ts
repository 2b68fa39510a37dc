import type { JsonObject } from '../files/json-lines.ts';
import { ExactJson, numberText } from '../text/exact-json.ts';

/** A value in a row, and how it is written where JavaScript's value does not say (src/text/exact-json.ts). */
export interface Found {
  value: unknown;
  /** The value as a member of another object: exactly as written. */
  exact: unknown;
}

/**
 * What a column's name or a path into one, `reward_model.ground_truth` or `messages.0.content`, leads to; undefined where that ends. A column
 * whose own name has dots is found by it.
 */
export function valueAt(row: JsonObject, path: string): Found | undefined {
  if (Object.hasOwn(row, path)) return found(row, path);
  const keys = path.split('.');
  let owner: unknown = row;
  for (const key of keys.slice(0, -1)) {
    if (!hasKey(owner, key)) return undefined;
    owner = (owner as JsonObject)[key];
  }
  const last = keys.at(-1)!;
  return hasKey(owner, last) ? found(owner as JsonObject, last) : undefined;
}

const hasKey = (owner: unknown, key: string): boolean =>
  typeof owner === 'object' && owner !== null && Object.hasOwn(owner, key) && key !== 'length';

function found(owner: JsonObject, key: string): Found {
  const value = owner[key];
  const text = numberText(owner, key);
  return { value, exact: text === undefined ? value : new ExactJson(text, value) };
}
