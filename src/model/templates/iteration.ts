import { spend } from './budget.ts';
import { NotSupported, TemplateError } from './errors.ts';
import { indexable, lengthOf } from './text.ts';
import { Dict, DictView, Lazy, Markup, Opaque, Range, Tuple, typeName, Undefined, type Value } from './values.ts';

/** Python's `iter`. */
export function iterate(value: Value): Iterable<Value> {
  const iterable = iterableOf(value);
  if (!iterable) throw new TemplateError(`a value of type ${typeName(value)} cannot be iterated over`);
  return counted(iterable);
}

function* counted(iterable: Iterable<Value>): Generator<Value> {
  for (const item of iterable) {
    spend(1);
    yield item;
  }
}

export function isIterable(value: Value): boolean {
  return iterableOf(value) !== undefined;
}

function iterableOf(value: Value): Iterable<Value> | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return characters(value);
  if (value instanceof Tuple) return value.items;
  if (value instanceof Dict) return value.keys();
  if (value instanceof DictView) return value.list();
  if (value instanceof Range) return numbers(value);
  if (value instanceof Lazy) return { [Symbol.iterator]: () => ({ next: () => value.iterator.next() }) };
  if (value instanceof Undefined) return [];
  if (value instanceof Markup) throw new NotSupported('going through HTML text');
  if (value instanceof Opaque && value.type === 'LoopContext')
    throw new TemplateError('the loop cannot be iterated over here');
  return undefined;
}

function* characters(text: string): Generator<Value> {
  yield* text;
}

function* numbers(range: Range): Generator<Value> {
  for (let index = 0; index < range.length; index++) yield range.at(index);
}

/** Python's `list`. */
export function toList(value: Value): Value[] {
  return [...iterate(value)];
}

/** Python's `len`; undefined for what has none. */
export function sizeOf(value: Value): number | undefined {
  if (typeof value === 'string') return lengthOf(value);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof DictView) return value.dict.size;
  if (value instanceof Range) return value.length;
  if (value instanceof Undefined) return 0;
  return undefined;
}

export function truthy(value: Value): boolean {
  if (value === null || typeof value !== 'object') return Boolean(value);
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Undefined) return false;
  if (value instanceof Markup) return value.text !== '';
  return (sizeOf(value) ?? 1) > 0;
}

/** What can be indexed by position: a text, list, tuple or range. */
export function sequence(value: Value): { length: number; at(index: number): Value } | undefined {
  if (typeof value === 'string') return indexable(value);
  if (Array.isArray(value)) return { length: value.length, at: (index) => value[index]! };
  if (value instanceof Tuple) return { length: value.items.length, at: (index) => value.items[index]! };
  if (value instanceof Range) return value;
  return undefined;
}
