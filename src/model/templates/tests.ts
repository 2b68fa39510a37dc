import { bind } from './arguments.ts';
import { contains, equal, numeric, order } from './compare.ts';
import { NotSupported } from './errors.ts';
import { isIterable, sizeOf } from './iteration.ts';
import { isCased } from './letters.ts';
import { binary } from './operators.ts';
import { str } from './printing.ts';
import { type Args, Dict, DictView, Markup, Opaque, Tuple, Undefined, type Value } from './values.ts';

type Test = (value: Value, args: Args) => boolean;

const alone = (name: string, test: (value: Value) => boolean): Test => {
  return (value, args) => {
    bind(name, args);
    return test(value);
  };
};
const between = (name: string, parameter: string, test: (value: Value, other: Value) => boolean): Test => {
  return (value, args) => test(value, bind(name, args, parameter)[0]!);
};
const comparisons = (names: string[], test: (a: Value, b: Value) => boolean) =>
  Object.fromEntries(names.map((name) => [name, between(name, '/b', test)]));

/** Jinja2's tests that need nothing of the template around them; `filter` and `test` are added in call.ts. */
export const TESTS: Record<string, Test> = {
  odd: alone('odd', (value) => equal(binary('%', value, 2n), 1n)),
  even: alone('even', (value) => equal(binary('%', value, 2n), 0n)),
  divisibleby: between('divisibleby', 'num', (value, by) => equal(binary('%', value, by), 0n)),
  defined: alone('defined', (value) => !(value instanceof Undefined)),
  undefined: alone('undefined', (value) => value instanceof Undefined),
  none: alone('none', (value) => value === null),
  boolean: alone('boolean', (value) => typeof value === 'boolean'),
  false: alone('false', (value) => value === false),
  true: alone('true', (value) => value === true),
  integer: alone('integer', (value) => typeof value === 'bigint'),
  float: alone('float', (value) => typeof value === 'number'),
  number: alone('number', (value) => numeric(value) !== undefined),
  string: alone('string', (value) => typeof value === 'string' || value instanceof Markup),
  mapping: alone('mapping', (value) => value instanceof Dict),
  sequence: alone(
    'sequence',
    (value) => value instanceof Markup || (sizeOf(value) !== undefined && !(value instanceof DictView)),
  ),
  iterable: alone('iterable', (value) => isIterable(value)),
  callable: alone('callable', (value) => value instanceof Undefined || (value instanceof Opaque && isCallable(value))),
  lower: alone('lower', (value) => isCased(str(value), 'lower')),
  upper: alone('upper', (value) => isCased(str(value), 'upper')),
  escaped: alone('escaped', (value) => value instanceof Markup),
  sameas: between('sameas', 'other', sameObject),
  in: between('in', 'seq', (value, container) => contains(container, value)),
  ...comparisons(['==', 'eq', 'equalto'], equal),
  ...comparisons(['!=', 'ne'], (a, b) => !equal(a, b)),
  ...comparisons(['<', 'lt', 'lessthan'], (a, b) => order(a, b) < 0),
  ...comparisons(['<=', 'le'], (a, b) => order(a, b) <= 0),
  ...comparisons(['>', 'gt', 'greaterthan'], (a, b) => order(a, b) > 0),
  ...comparisons(['>=', 'ge'], (a, b) => order(a, b) >= 0),
};

function isCallable(value: Opaque): boolean {
  return value.type !== 'Namespace' && value.type !== 'Cycler';
}

/** Whether two equal numbers or texts are one object in memory is up to Python. */
function sameObject(a: Value, b: Value): boolean {
  const isObject = (value: Value) =>
    (typeof value === 'object' && !(value instanceof Tuple)) || typeof value === 'boolean';
  if (isObject(a) || isObject(b)) {
    if (a instanceof Undefined && b instanceof Undefined && a !== b) return false;
    return a === b;
  }
  if (typeof a === typeof b && equal(a, b)) throw new NotSupported('"is sameas" between numbers, texts or tuples');
  return false;
}
