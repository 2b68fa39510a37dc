import { spend, spendText } from './budget.ts';
import { NotSupported, TemplateError } from './errors.ts';
import { iterate } from './iteration.ts';
import { quote } from './printing.ts';
import { Dict, DictView, Markup, Opaque, Range, Tuple, typeName, Undefined, type Value } from './values.ts';

/** Python's `a == b`. */
export function equal(a: Value, b: Value): boolean {
  spend(1);
  if (typeof a === 'string' && typeof b === 'string') spendText(Math.min(a.length, b.length) / 4);
  const left = numeric(a);
  const right = numeric(b);
  // biome-ignore lint/suspicious/noDoubleEquals: an int and a float can be equal.
  if (left !== undefined && right !== undefined) return left == right;
  if (a instanceof Markup || b instanceof Markup) return textOf(a) !== undefined && textOf(a) === textOf(b);
  if (a instanceof DictView || b instanceof DictView) throw new NotSupported('comparing the keys or items of a dict');
  if (Array.isArray(a)) return Array.isArray(b) && equalItems(a, b);
  if (a instanceof Tuple) return b instanceof Tuple && equalItems(a.items, b.items);
  if (a instanceof Dict) return b instanceof Dict && equalDicts(a, b);
  if (a instanceof Range) return b instanceof Range && equalItems([...iterate(a)], [...iterate(b)]);
  if (a instanceof Undefined) return b instanceof Undefined;
  if (a instanceof Opaque && b instanceof Opaque && a !== b && a.type === b.type && a.type === 'function')
    throw new NotSupported('comparing functions');
  return a === b;
}

function equalItems(a: Value[], b: Value[]): boolean {
  return a.length === b.length && a.every((item, index) => same(item, b[index]!));
}

/** As lists and `in` compare their items: the very same object is equal. */
function same(a: Value, b: Value): boolean {
  if (Number.isNaN(a)) throw new NotSupported('looking for a NaN');
  return (typeof a === 'object' && a === b) || equal(a, b);
}

function equalDicts(a: Dict, b: Dict): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a.entries()) {
    const other = b.get(key);
    if (other === undefined || !same(value, other)) return false;
  }
  return true;
}

/** Numbers, and truth values as the numbers that they are in Python. */
export function numeric(value: Value): bigint | number | undefined {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'bigint' || typeof value === 'number' ? value : undefined;
}

function textOf(value: Value): string | undefined {
  return value instanceof Markup ? value.text : typeof value === 'string' ? value : undefined;
}

/** Whether a < b (negative), a > b (positive) or neither; Python raises for values that have no order. */
export function order(a: Value, b: Value): number {
  spend(1);
  const left = numeric(a);
  const right = numeric(b);
  if (left !== undefined && right !== undefined) {
    if (Number.isNaN(left) || Number.isNaN(right)) throw new NotSupported('ordering a NaN');
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (typeof a === 'string' && typeof b === 'string') return orderTexts(a, b);
  if (Array.isArray(a) && Array.isArray(b)) return orderItems(a, b);
  if (a instanceof Tuple && b instanceof Tuple) return orderItems(a.items, b.items);
  for (const side of [a, b]) if (side instanceof Undefined) side.fail();
  throw new TemplateError(`values of types ${typeName(a)} and ${typeName(b)} have no order`);
}

/** By code point; UTF-16 units would put an emoji before some rare letters. */
function orderTexts(a: string, b: string): number {
  if (a === b) return 0;
  spendText(Math.min(a.length, b.length));
  let index = 0;
  while (index < a.length && index < b.length && a[index] === b[index]) index++;
  // A surrogate's second half follows the same first half, or decides the order alone.
  return (a.codePointAt(index) ?? -1) < (b.codePointAt(index) ?? -1) ? -1 : 1;
}

function orderItems(a: Value[], b: Value[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    if (!same(a[index]!, b[index]!)) return order(a[index]!, b[index]!);
  }
  return a.length - b.length;
}

/** Python's `item in container`. */
export function contains(container: Value, item: Value): boolean {
  if (typeof container === 'string') {
    if (typeof item !== 'string') {
      if (item instanceof Markup) throw new NotSupported('looking for HTML text');
      throw new TemplateError(
        `a value of type ${typeName(item)} cannot be in the text ${quote(container.slice(0, 40))}`,
      );
    }
    spendText(container.length);
    return container.includes(item);
  }
  if (container instanceof Dict) return container.has(item);
  if (container instanceof DictView && container.kind === 'keys') return container.dict.has(item);
  if (container instanceof Markup) throw new NotSupported('looking into HTML text');
  for (const member of iterate(container)) if (same(member, item)) return true;
  return false;
}
