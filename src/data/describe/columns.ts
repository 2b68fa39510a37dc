import type { JsonObject } from '../../files/json-lines.ts';
import type { ColumnSummary } from '../../protocol/dataset-summary.ts';
import { stringifyExact } from '../../text/exact-json.ts';
import { own } from '../../text/own.ts';
import { shorten } from '../../text/visible.ts';
import { columnNames } from '../shared-columns.ts';
import { turnFields, turnsOf } from './turns.ts';

/** Values of a column that are shown. */
const SHOWN = 3;
const VALUE_LENGTH = 400;
/** Deeper types are `…`. */
const DEEPEST = 3;
/** An object with more fields is shown with its first ones. */
const MOST_FIELDS = 8;

/** The columns of all rows, in the order in which they appear, with their types and first values. */
export function describeColumns(rows: readonly JsonObject[]): ColumnSummary[] {
  return columnNames(rows.map((value) => ({ value }))).map((name) => {
    const values = rows.map((row) => own(row, name) ?? null);
    const fields = columnNames(values.filter(isObject).map((value) => ({ value })));
    const paths = fields.map((field) => `${name}.${field}`);
    return { name, type: typeWords(values), values: values.slice(0, SHOWN).map(valueWords), paths };
  });
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What all of these values are, in words. */
function typeWords(values: readonly unknown[], depth = DEEPEST): string {
  const there = values.filter((value) => value !== null && value !== undefined);
  if (there.length === 0) return 'empty';
  const kinds = [...new Set(there.map(kindOf))];
  const words = kinds.map((kind) => {
    const these = there.filter((value) => kindOf(value) === kind);
    if (kind === 'list') return listWords(these as unknown[][], depth);
    return kind === 'object' ? objectWords(these as JsonObject[], depth) : kind;
  });
  // Every integer is a number.
  const told = words.includes('number') ? words.filter((word) => word !== 'integer') : words;
  return told.join(' | ') + (there.length < values.length ? ', some empty' : '');
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (typeof value === 'boolean') return 'true or false';
  if (turnFields(value)?.role === 'role') return 'chat messages';
  if (turnFields(value)?.role === 'from') return 'ShareGPT conversation';
  return Array.isArray(value) ? 'list' : 'object';
}

function listWords(lists: unknown[][], depth: number): string {
  const items = lists.flat();
  return items.length === 0 || depth === 0 ? 'list' : `list of ${typeWords(items, depth - 1)}`;
}

function objectWords(objects: JsonObject[], depth: number): string {
  if (depth === 0) return 'object';
  const names = columnNames(objects.map((value) => ({ value })));
  const fields = names.slice(0, MOST_FIELDS).map((name) => {
    const values = objects.filter((object) => Object.hasOwn(object, name)).map((object) => object[name]);
    return `${name}: ${typeWords(values, depth - 1)}`;
  });
  if (names.length > MOST_FIELDS) fields.push('…');
  return `{ ${fields.join(', ')} }`;
}

/** The beginning of a value for people. */
export const valueWords = (value: unknown): string => shorten(fullWords(value), VALUE_LENGTH);

/** A value for people: a conversation a turn a line, other lists and objects as JSON. */
export function fullWords(value: unknown): string {
  if (value === null || value === undefined) return '';
  const turns = turnsOf(value);
  if (!turns) return plainText(value);
  return turns.map(({ role, content }) => `${role}: ${plainText(content)}`).join('\n');
}

const plainText = (value: unknown): string => (typeof value === 'string' ? value : stringifyExact(value));
