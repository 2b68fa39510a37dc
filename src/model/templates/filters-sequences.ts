import { bind, toIndex, toText } from './arguments.ts';
import { getAttribute, getItem } from './attributes.ts';
import { made, spend } from './budget.ts';
import { equal, order } from './compare.ts';
import { NotSupported, TemplateError } from './errors.ts';
import type { Filter } from './filters-text.ts';
import { iterate, sequence, sizeOf, toList, truthy } from './iteration.ts';
import { lower } from './letters.ts';
import { binary } from './operators.ts';
import { str } from './printing.ts';
import {
  type Args,
  Dict,
  DictView,
  keyText,
  Lazy,
  Markup,
  Opaque,
  orElse,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** Filters on lists, dicts and their like. */
export const SEQUENCE_FILTERS: Record<string, Filter> = {
  length: (value, args) => length('length', value, args),
  count: (value, args) => length('count', value, args),
  first: (value, args) => {
    bind('first', args);
    const first = iterate(value)[Symbol.iterator]().next();
    return first.done ? new Undefined('No first item, sequence was empty.') : first.value;
  },
  last: (value, args) => {
    bind('last', args);
    return orElse(reversed(value, 'last')[0], new Undefined('No last item, sequence was empty.'));
  },
  list: (value, args) => {
    bind('list', args);
    return toList(value);
  },
  items: (value, args) => {
    bind('items', args);
    return new Lazy(items(value));
  },
  reverse: (value, args) => {
    bind('reverse', args);
    if (typeof value === 'string') return [...value].reverse().join('');
    if (value instanceof Lazy) return toList(value).reverse();
    return new Lazy(reversed(value, 'reverse'));
  },
  join: (value, args) => {
    const [by, attribute] = bind('join', args, 'd?', 'attribute?');
    const get = attributeGetter(attribute ?? null);
    const parts = toList(value).map((item) => str(get(item)));
    return made(parts.join(by === undefined ? '' : str(by)));
  },
  default: defaultFilter,
  d: defaultFilter,
  attr: (value, args) => {
    const name = toText('attr', bind('attr', args, 'name')[0]);
    if (value instanceof Undefined) value.fail();
    if (value instanceof Dict && !(value instanceof Opaque)) return attributeOnly(value, name);
    return getAttribute(value, name);
  },
  sort: (value, args) => {
    const [reverse, caseSensitive, attribute] = bind('sort', args, 'reverse?', 'case_sensitive?', 'attribute?');
    const fields = typeof attribute === 'string' ? attribute.split(',') : [attribute ?? null];
    const getters = fields.map((field) => attributeGetter(field, !truthy(caseSensitive ?? false)));
    return sorted(toList(value), (item) => getters.map((get) => get(item)), truthy(reverse ?? false));
  },
  dictsort: (value, args) => {
    const [caseSensitive, by, reverse] = bind('dictsort', args, 'case_sensitive?', 'by?', 'reverse?');
    if (!(value instanceof Dict)) throw new TemplateError('"dictsort" needs a dict');
    const which = by === undefined || by === 'key' ? 0 : by === 'value' ? 1 : undefined;
    if (which === undefined) throw new TemplateError('"dictsort" sorts by "key" or "value"');
    const fold = !truthy(caseSensitive ?? false);
    const pairs = new DictView(value, 'items').list();
    const key = (pair: Value) => folded((pair as Tuple).items[which]!, fold);
    return sorted(pairs, key, truthy(reverse ?? false));
  },
  unique: (value, args) => {
    const [caseSensitive, attribute] = bind('unique', args, 'case_sensitive?', 'attribute?');
    const get = attributeGetter(attribute ?? null, !truthy(caseSensitive ?? false));
    return new Lazy(unique(value, get));
  },
  min: (value, args) => extreme('min', value, args),
  max: (value, args) => extreme('max', value, args),
  sum: (value, args) => {
    const [attribute, start] = bind('sum', args, 'attribute?', 'start?');
    if (typeof start === 'string') throw new TemplateError('"sum" cannot add texts; use "join"');
    const get = attributeGetter(attribute ?? null);
    let total = orElse(start, 0n);
    for (const item of iterate(value)) total = binary('+', total, get(item));
    return total;
  },
  groupby,
  batch: (value, args) => {
    const [size, fill] = bind('batch', args, 'linecount', 'fill_with?');
    return new Lazy(batches(value, toIndex('batch', size, 0), fill ?? null));
  },
  slice: (value, args) => {
    const [count, fill] = bind('slice', args, 'slices', 'fill_with?');
    return new Lazy(slices(value, toIndex('slice', count, 0), fill ?? null));
  },
};

function length(name: string, value: Value, args: Args): bigint {
  bind(name, args);
  if (value instanceof Markup) throw new NotSupported('a filter on HTML text');
  if (value instanceof Opaque && value.type === 'LoopContext') return value.attribute('length') as bigint;
  const size = sizeOf(value);
  if (size === undefined) throw new TemplateError(`a value of type ${typeName(value)} has no length`);
  return BigInt(size);
}

/** Python's `reversed`. */
function reversed(value: Value, name: string): Value[] {
  if (value instanceof Dict || value instanceof DictView) return toList(value).reverse();
  if (value instanceof Undefined) return [];
  const items = sequence(value);
  if (!items) throw new TemplateError(`"${name}" needs a sequence, not a value of type ${typeName(value)}`);
  spend(items.length);
  return Array.from({ length: items.length }, (_, index) => items.at(items.length - 1 - index));
}

function* items(value: Value): Generator<Value> {
  if (value instanceof Undefined) return;
  if (!(value instanceof Dict)) throw new TemplateError(`"items" needs a dict, not a value of type ${typeName(value)}`);
  yield* new DictView(value, 'items').list();
}

function defaultFilter(value: Value, args: Args): Value {
  const [otherwise, alsoEmpty] = bind('default', args, 'default_value?', 'boolean?');
  const use = value instanceof Undefined || (truthy(alsoEmpty ?? false) && !truthy(value));
  return use ? orElse(otherwise, '') : value;
}

/** "attr" looks for attributes only, never for keys. */
function attributeOnly(dict: Dict, name: string): Value {
  if (['get', 'items', 'keys', 'values', 'copy'].includes(name)) return getAttribute(dict, name);
  return new Undefined(`'dict object' has no attribute '${name}'`);
}

/** Looks up `a.b.0` in an item, giving `otherwise` (unless null) where something on the way is missing. */
export function attributeGetter(attribute: Value, foldCase = false, otherwise: Value = null): (item: Value) => Value {
  const parts: Value[] =
    attribute === null
      ? []
      : typeof attribute === 'string'
        ? attribute.split('.').map((part) => (/^\d+$/.test(part) ? BigInt(part) : part))
        : [attribute];
  return (item) => {
    let found = item;
    for (const part of parts) {
      found = getItem(found, part);
      if (otherwise !== null && found instanceof Undefined) found = otherwise;
    }
    return folded(found, foldCase);
  };
}

function folded(value: Value, fold: boolean): Value {
  if (fold && value instanceof Markup) throw new NotSupported('a filter on HTML text');
  return fold && typeof value === 'string' ? lower(value) : value;
}

/** Python's `sorted`: stable, also in reverse. */
function sorted(list: Value[], key: (item: Value) => Value, reverse: boolean): Value[] {
  const keyed = list.map((item) => ({ item, key: key(item) }));
  spend(list.length);
  keyed.sort((a, b) => (reverse ? order(b.key, a.key) : order(a.key, b.key)));
  return keyed.map(({ item }) => item);
}

function* unique(value: Value, key: (item: Value) => Value): Generator<Value> {
  const seen = new Set<string>();
  for (const item of iterate(value)) {
    const text = keyText(key(item));
    if (seen.has(text)) continue;
    seen.add(text);
    yield item;
  }
}

function extreme(name: 'min' | 'max', value: Value, args: Args): Value {
  const [caseSensitive, attribute] = bind(name, args, 'case_sensitive?', 'attribute?');
  const get = attributeGetter(attribute ?? null, !truthy(caseSensitive ?? false));
  let best: { item: Value; key: Value } | undefined;
  for (const item of iterate(value)) {
    const key = get(item);
    if (!best || (name === 'min' ? order(key, best.key) < 0 : order(key, best.key) > 0)) best = { item, key };
  }
  return best ? best.item : new Undefined('No aggregated item, sequence was empty.');
}

function groupby(value: Value, args: Args): Value {
  const [attribute, otherwise, caseSensitive] = bind('groupby', args, 'attribute', 'default?', 'case_sensitive?');
  const fold = !truthy(caseSensitive ?? false);
  const key = attributeGetter(attribute!, fold, otherwise ?? null);
  const shown = attributeGetter(attribute!, false, otherwise ?? null);
  const groups: { key: Value; list: Value[] }[] = [];
  for (const item of sorted(toList(value), key, false)) {
    const itemKey = key(item);
    const last = groups.at(-1);
    if (last && equal(last.key, itemKey)) last.list.push(item);
    else groups.push({ key: itemKey, list: [item] });
  }
  return groups.map(({ list }) => new Tuple([shown(list[0]!), list], ['grouper', 'list']));
}

function* batches(value: Value, size: number, fill: Value): Generator<Value> {
  let batch: Value[] = [];
  for (const item of iterate(value)) {
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
    batch.push(item);
  }
  if (batch.length === 0) return;
  if (fill !== null) while (batch.length < size) batch.push(fill);
  yield batch;
}

function* slices(value: Value, count: number, fill: Value): Generator<Value> {
  const list = toList(value);
  if (count === 0) throw new TemplateError('"slice" cannot make no slices');
  const each = Math.floor(list.length / count);
  const longer = list.length - each * count;
  let start = 0;
  for (let index = 0; index < count; index++) {
    spend(1);
    const end = start + each + (index < longer ? 1 : 0);
    const part = list.slice(start, end);
    if (fill !== null && index >= longer) part.push(fill);
    yield part;
    start = end;
  }
}
