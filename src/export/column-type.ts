import { keysOf, numberText } from '../text/exact-json.ts';
import { own } from '../text/own.ts';

/**
 * What all values of a column have in common, so that a typed file can hold them. `wide` integers need all 64 bits: a double would round them.
 * `json` are values of different types, and numbers that nothing here holds; they are written as JSON.
 */
export type ColumnType =
  | { kind: 'none' | 'boolean' | 'int32' | 'int64' | 'wide' | 'double' | 'string' | 'json' }
  | { kind: 'list'; of: ColumnType }
  | { kind: 'struct'; fields: ReadonlyMap<string, ColumnType> };

/** Of nothing but null. */
export const NONE: ColumnType = { kind: 'none' };
const JSON_TEXT: ColumnType = { kind: 'json' };

/** An object with more keys is no record with fields but a table of its own. */
const MOST_FIELDS = 200;
/** Nested deeper, a value is written as JSON. */
const MOST_DEPTH = 12;
const [LEAST_INT64, MOST_INT64] = [-(2n ** 63n), 2n ** 63n - 1n];

/** The type of `owner[key]`; `undefined` and null have none. */
export function typeOf(owner: object, key: string, depth = 0): ColumnType {
  const value = own(owner as Record<string, unknown>, key);
  if (value === undefined || value === null) return NONE;
  if (typeof value === 'string' || typeof value === 'boolean') return { kind: typeof value as 'string' };
  if (typeof value === 'number') return typeOfNumber(value, numberText(owner, key));
  if (typeof value !== 'object' || depth === MOST_DEPTH) return JSON_TEXT;
  if (Array.isArray(value)) {
    const of = value.reduce((type: ColumnType, _, at) => commonType(type, typeOf(value, String(at), depth + 1)), NONE);
    return { kind: 'list', of };
  }
  const keys = keysOf(value);
  if (keys.length > MOST_FIELDS) return JSON_TEXT;
  return { kind: 'struct', fields: new Map(keys.map((name) => [name, typeOf(value, name, depth + 1)])) };
}

/** `text`: how it was written, where that is not how JavaScript writes it. */
function typeOfNumber(value: number, text = String(value)): ColumnType {
  if (!/^-?\d+$/.test(text) || text === '-0') return { kind: Number.isFinite(value) ? 'double' : 'json' };
  const whole = BigInt(text);
  if (whole < LEAST_INT64 || whole > MOST_INT64) return JSON_TEXT;
  return { kind: Number.isSafeInteger(value) ? 'int64' : 'wide' };
}

/** The type that holds the values of both. */
export function commonType(a: ColumnType, b: ColumnType): ColumnType {
  if (a.kind === 'none') return b;
  if (b.kind === 'none') return a;
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', of: commonType(a.of, b.of) };
  if (a.kind === 'struct' && b.kind === 'struct') {
    const fields = new Map(a.fields);
    for (const [name, type] of b.fields) fields.set(name, commonType(fields.get(name) ?? NONE, type));
    return fields.size > MOST_FIELDS ? JSON_TEXT : { kind: 'struct', fields };
  }
  if (a.kind === b.kind) return a;
  const either = new Set([a.kind, b.kind]);
  if (!either.has('int64')) return JSON_TEXT;
  return either.has('double') ? { kind: 'double' } : either.has('wide') ? { kind: 'wide' } : JSON_TEXT;
}

/** The same, with every number as a double: scores that happen to be whole are of one type with those that are not. */
export function withDoubles(type: ColumnType): ColumnType {
  if (type.kind === 'int64') return { kind: 'double' };
  if (type.kind === 'list') return { kind: 'list', of: withDoubles(type.of) };
  if (type.kind !== 'struct') return type;
  return { kind: 'struct', fields: new Map([...type.fields].map(([name, field]) => [name, withDoubles(field)])) };
}
