import { NotSupported, TemplateError } from './errors.ts';
import { attributeGetter, SEQUENCE_FILTERS } from './filters-sequences.ts';
import { type Filter, TEXT_FILTERS } from './filters-text.ts';
import { iterate, truthy } from './iteration.ts';
import { TESTS } from './tests.ts';
import { type Args, Lazy, typeName, type Value } from './values.ts';

/** Filters of Jinja2 that are refused when they are used. */
const OTHER_FILTERS = new Set(
  'filesizeformat forceescape pprint random striptags urlencode urlize wordwrap xmlattr'.split(' '),
);

const FILTERS = new Map<string, Filter>([
  ...Object.entries(TEXT_FILTERS),
  ...Object.entries(SEQUENCE_FILTERS),
  ['map', (value, args) => new Lazy(map(value, args))],
  ['select', (value, args) => new Lazy(select('select', value, args))],
  ['reject', (value, args) => new Lazy(select('reject', value, args))],
  ['selectattr', (value, args) => new Lazy(select('selectattr', value, args))],
  ['rejectattr', (value, args) => new Lazy(select('rejectattr', value, args))],
]);

export const KNOWN = {
  filter: (name: string) => FILTERS.has(name) || OTHER_FILTERS.has(name),
  test: (name: string) => name === 'filter' || name === 'test' || Object.hasOwn(TESTS, name),
};

export function applyFilter(name: string, value: Value, args: Args): Value {
  const filter = FILTERS.get(name);
  if (filter) return filter(value, args);
  if (OTHER_FILTERS.has(name)) throw new NotSupported(`the filter "${name}"`);
  throw new TemplateError(`there is no filter "${name}"`);
}

export function applyTest(name: string, value: Value, args: Args): boolean {
  if (name === 'filter' || name === 'test') return typeof value === 'string' && KNOWN[name](value);
  if (!Object.hasOwn(TESTS, name)) throw new TemplateError(`there is no test "${name}"`);
  return TESTS[name]!(value, args);
}

/** Like all generators here, it starts to work, and to raise, when it is read. */
function* map(value: Value, args: Args): Generator<Value> {
  if (!truthy(value)) return;
  const change = mapper(args);
  for (const item of iterate(value)) yield change(item);
}

function mapper({ positional, named }: Args): (item: Value) => Value {
  if (positional.length === 0 && named.has('attribute')) {
    for (const name of named.keys())
      if (name !== 'attribute' && name !== 'default') throw new TemplateError(`"map" has no argument "${name}"`);
    return attributeGetter(named.get('attribute')!, false, named.get('default') ?? null);
  }
  const [name, ...rest] = positional;
  if (name === undefined) throw new TemplateError('"map" needs a filter or an attribute');
  return (item) => applyFilter(nameOf(name), item, { positional: rest, named });
}

function* select(name: string, value: Value, { positional, named }: Args): Generator<Value> {
  if (!truthy(value)) return;
  const byAttribute = name.endsWith('attr');
  if (byAttribute && positional.length === 0) throw new TemplateError(`"${name}" needs an attribute's name`);
  const get = attributeGetter(byAttribute ? positional[0]! : null);
  const [test, ...rest] = positional.slice(byAttribute ? 1 : 0);
  const wanted = name.startsWith('select');
  for (const item of iterate(value)) {
    const found = get(item);
    const holds = test === undefined ? truthy(found) : applyTest(nameOf(test), found, { positional: rest, named });
    if (holds === wanted) yield item;
  }
}

function nameOf(value: Value): string {
  if (typeof value === 'string') return value;
  throw new TemplateError(`the name of a filter or test must be a text, not a value of type ${typeName(value)}`);
}
