import { bind, toIndex } from './arguments.ts';
import { braceFormat } from './brace-format.ts';
import { spend, spendText } from './budget.ts';
import { equal, numeric } from './compare.ts';
import { NotSupported, TemplateError } from './errors.ts';
import { sequence } from './iteration.ts';
import { repr } from './printing.ts';
import { OTHER_STRING_METHODS, STRING_METHODS, unknownMethod } from './string-methods.ts';
import {
  type Args,
  Builtin,
  Dict,
  DictView,
  Lazy,
  Markup,
  Opaque,
  orElse,
  Range,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** Methods that change their list or dict: transformers' environment hides them. */
const CHANGING_LIST = new Set('append clear pop reverse insert sort extend remove'.split(' '));
const CHANGING_DICT = new Set('clear pop popitem setdefault update'.split(' '));

const INT = new Set(
  'as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag numerator real to_bytes'.split(' '),
);
const VIEW = new Set(['isdisjoint', 'mapping']);
/** Attributes that Python's values have and ours have not, by type. */
const OTHER_ATTRIBUTES: Record<string, Set<string>> = {
  int: INT,
  bool: INT,
  float: new Set('as_integer_ratio conjugate fromhex hex imag is_integer real'.split(' ')),
  dict_keys: VIEW,
  dict_values: VIEW,
  dict_items: VIEW,
  generator: new Set('close gi_code gi_frame gi_running gi_suspended gi_yieldfrom send throw'.split(' ')),
};

/** `object.name`: a method or attribute, else the entry of that key. */
export function getAttribute(object: Value, name: string): Value {
  if (object instanceof Undefined) object.fail();
  for (const found of [own(object, name), entry(object, name)]) if (found !== undefined) return found;
  return missing(object, name);
}

/** `object[key]`: an entry, else the method or attribute of that name. */
export function getItem(object: Value, key: Value): Value {
  if (object instanceof Undefined) object.fail();
  if (object instanceof Markup) throw new NotSupported('taking a part of HTML text');
  const found = entry(object, key);
  if (found !== undefined) return found;
  const attribute = typeof key === 'string' ? own(object, key) : undefined;
  return attribute === undefined ? missing(object, key) : attribute;
}

function missing(object: Value, name: Value): Undefined {
  const what = object === null ? 'None' : `${typeName(object)} object`;
  if (typeof name === 'string') return new Undefined(`'${what}' has no attribute ${repr(name)}`);
  return new Undefined(`${what} has no element ${name instanceof Opaque ? typeName(name) : repr(name)}`);
}

function entry(object: Value, key: Value): Value | undefined {
  if (object instanceof Dict) return Array.isArray(key) || key instanceof Dict ? undefined : object.get(key);
  const items = sequence(object);
  if (!items || typeof key === 'number') return undefined;
  const number = numeric(key);
  if (typeof number !== 'bigint') return undefined;
  const index = number < 0n ? Number(number) + items.length : Number(number);
  return index >= 0 && index < items.length ? items.at(index) : undefined;
}

/** What Python's `getattr` finds, as far as the sandbox lets it through. */
function own(object: Value, name: string): Value | undefined {
  if (object instanceof Dict && name.startsWith('__') && object.has(name)) throw new NotSupported(`the key "${name}"`);
  if (name.startsWith('__')) return hidden(object, name);
  if (object instanceof Markup) throw new NotSupported(`"${name}" of HTML text`);
  if (object instanceof Opaque) return object.attribute(name);
  if (typeof object === 'string') return textMethod(object, name);
  if (Array.isArray(object)) return CHANGING_LIST.has(name) ? hidden(object, name) : listMethod(object, name);
  if (object instanceof Dict) return CHANGING_DICT.has(name) ? hidden(object, name) : dictMethod(object, name);
  if (object instanceof Tuple) return tupleAttribute(object, name);
  if (object instanceof Range)
    return (
      ({ start: object.start, stop: object.stop, step: object.step } as Record<string, bigint>)[name] ??
      rangeMethod(name)
    );
  if (OTHER_ATTRIBUTES[typeName(object)]?.has(name))
    throw new NotSupported(`the attribute "${name}" of a value of type ${typeName(object)}`);
  return undefined;
}

/** The sandbox gives an undefined value, which raises when it is used. */
function hidden(object: Value, name: string): Undefined {
  return new Undefined(`the sandbox of chat templates does not allow "${name}" of a value of type ${typeName(object)}`);
}

function textMethod(text: string, name: string): Value | undefined {
  if (name === 'format')
    return new Builtin(name, (args) => braceFormat(text, args, { attribute: getAttribute, item: getItem }));
  const method = Object.hasOwn(STRING_METHODS, name) ? STRING_METHODS[name] : undefined;
  if (method)
    return new Builtin(name, (args) => {
      spendText(text.length);
      return method(text, args);
    });
  if (OTHER_STRING_METHODS.has(name)) throw unknownMethod(name);
  return undefined;
}

function listMethod(items: Value[], name: string): Value | undefined {
  switch (name) {
    case 'count':
      return new Builtin(name, (args) => {
        const [wanted] = bind(name, args, '/value');
        return BigInt(items.filter((item) => equal(item, wanted!)).length);
      });
    case 'index':
      return new Builtin(name, (args) => {
        const [wanted, from, to] = bind(name, args, '/value', '/start?', '/stop?');
        const bound = (value: number) => (value < 0 ? Math.max(0, value + items.length) : value);
        const start = bound(toIndex(name, from, 0));
        const stop = Math.min(items.length, bound(toIndex(name, to, items.length)));
        for (let index = start; index < stop; index++) if (equal(items[index]!, wanted!)) return BigInt(index);
        throw new TemplateError('"index" does not find the value');
      });
    case 'copy':
      return new Builtin(name, (args) => {
        bind(name, args);
        spend(items.length);
        return [...items];
      });
    default:
      return undefined;
  }
}

function tupleAttribute({ items, names }: Tuple, name: string): Value | undefined {
  const index = names.indexOf(name);
  if (index >= 0) return items[index];
  return name === 'copy' ? undefined : listMethod(items, name);
}

function dictMethod(dict: Dict, name: string): Value | undefined {
  switch (name) {
    case 'get':
      return new Builtin(name, (args: Args) => {
        const [key, otherwise] = bind(name, args, '/key', '/default?');
        return orElse(dict.get(key!), orElse(otherwise, null));
      });
    case 'items':
    case 'keys':
    case 'values':
      return new Builtin(name, (args) => {
        bind(name, args);
        return new DictView(dict, name);
      });
    case 'copy':
      return new Builtin(name, (args) => {
        bind(name, args);
        return copyDict(dict);
      });
    case 'fromkeys':
      throw new NotSupported('"fromkeys" of a dict');
    default:
      return undefined;
  }
}

function copyDict(dict: Dict): Dict {
  spend(8 * dict.size);
  const copy = new Dict();
  for (const [key, value] of dict.entries()) copy.set(key, value);
  return copy;
}

function rangeMethod(name: string): undefined {
  if (name === 'count' || name === 'index') throw new NotSupported(`"${name}" of a range`);
}

/** Calls a value, as `value(...)` does. */
export function call(callee: Value, args: Args): Value {
  if (callee instanceof Undefined) callee.fail();
  if (callee instanceof Opaque) return callee.call(args);
  if (callee instanceof Lazy || callee instanceof Markup)
    throw new NotSupported(`calling a value of type ${typeName(callee)}`);
  throw new TemplateError(`a value of type ${typeName(callee)} cannot be called`);
}
