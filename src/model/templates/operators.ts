import { made, spend, spendText } from './budget.ts';
import { numeric } from './compare.ts';
import { NotSupported, TemplateError } from './errors.ts';
import { sequence } from './iteration.ts';
import type { BinaryOperator } from './nodes.ts';
import { floatFloorDivide, floatModulo, floorDivide, floorModulo, MAX_DIGITS, power, toFloat } from './numbers.ts';
import { percentFormat } from './percent-format.ts';
import { sliceText } from './text.ts';
import { Markup, Range, Tuple, typeName, Undefined, type Value } from './values.ts';

/** Python's binary operators. */
export function binary(operator: BinaryOperator, a: Value, b: Value): Value {
  if (operator === '%' && typeof a === 'string') return percentFormat(a, b);
  for (const side of [a, b]) {
    if (side instanceof Undefined) side.fail();
    if (side instanceof Markup) throw new NotSupported(`"${operator}" with HTML text`);
  }
  const left = numeric(a);
  const right = numeric(b);
  if (left !== undefined && right !== undefined) return arithmetic(operator, left, right);
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') return made(a + b);
    if (Array.isArray(a) && Array.isArray(b)) return joined(a, b);
    if (a instanceof Tuple && b instanceof Tuple) return new Tuple(joined(a.items, b.items));
  }
  if (operator === '*') {
    const repeated = repeat(a, b) ?? repeat(b, a);
    if (repeated !== undefined) return repeated;
  }
  throw new TemplateError(`"${operator}" does not work between values of types ${typeName(a)} and ${typeName(b)}`);
}

function arithmetic(operator: BinaryOperator, a: bigint | number, b: bigint | number): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return intArithmetic(operator, a, b);
  const x = typeof a === 'bigint' ? toFloat(a) : a;
  const y = typeof b === 'bigint' ? toFloat(b) : b;
  switch (operator) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '/':
      if (y === 0) throw new TemplateError('a number is divided by zero');
      return x / y;
    case '//':
      return floatFloorDivide(x, y);
    case '%':
      return floatModulo(x, y);
    case '**':
      return floatPower(x, y);
    default:
      return operator satisfies never;
  }
}

function intArithmetic(operator: BinaryOperator, a: bigint, b: bigint): Value {
  if (operator === '*' && !isSmall(a) && !isSmall(b)) checkDigits(a, b);
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return trueDivide(a, b);
    case '//':
      return floorDivide(a, b);
    case '%':
      return floorModulo(a, b);
    case '**':
      return b < 0n ? floatPower(toFloat(a), toFloat(b)) : power(a, b);
    default:
      return operator satisfies never;
  }
}

function isSmall(value: bigint): boolean {
  return value < 2n ** 53n && value > -(2n ** 53n);
}

/** Python itself does not print larger products than these, and takes ever longer for them. */
function checkDigits(a: bigint, b: bigint): void {
  const bits = 4 * (a.toString(16).length + b.toString(16).length);
  if (bits > 4 * MAX_DIGITS) throw new NotSupported('a number of so many digits');
  spend(bits / 64);
}

/** Python divides ints exactly before it rounds; within 53 bits floats give the same. */
function trueDivide(a: bigint, b: bigint): number {
  if (b === 0n) throw new TemplateError('a number is divided by zero');
  if (!isSmall(a) || !isSmall(b)) throw new NotSupported('dividing numbers of more than 53 bits');
  return Number(a) / Number(b);
}

/** JavaScript may round a power in another way than C where the result is not exact. */
function floatPower(base: number, exponent: number): number {
  if (base === 0 && exponent < 0) throw new TemplateError('0.0 cannot be raised to a negative power');
  if (base < 0 && !Number.isInteger(exponent)) throw new NotSupported('complex numbers');
  // These are exact everywhere.
  if (base === 0 || base === 1 || exponent === 0 || exponent === 1) return base ** exponent;
  const exact = exponent === 0.5 ? Math.sqrt(base) : exactPower(base, exponent);
  if (exact === undefined) throw new NotSupported(`the power ${base} ** ${exponent}`);
  return exact;
}

/** By repeated products, as long as none of them needed rounding; a negative exponent rounds once, in the last division. */
function exactPower(base: number, exponent: number): number | undefined {
  if (!Number.isInteger(exponent) || Math.abs(exponent) > 1024) return undefined;
  let scale = 0;
  let whole = base;
  while (!Number.isInteger(whole) && scale < 60) {
    whole *= 2;
    scale++;
  }
  const product = Number.isInteger(whole) ? BigInt(whole) ** BigInt(Math.abs(exponent)) : undefined;
  if (product === undefined || BigInt(Number(product)) !== product) return undefined;
  const result = Number(product) / 2 ** (scale * Math.abs(exponent));
  return exponent < 0 ? 1 / result : result;
}

function joined(a: Value[], b: Value[]): Value[] {
  spend(a.length + b.length);
  return [...a, ...b];
}

/** `'ab' * 3`, and lists and tuples likewise. */
function repeat(value: Value, times: Value): Value | undefined {
  const number = typeof times === 'number' ? undefined : numeric(times);
  if (typeof number !== 'bigint') return undefined;
  const length = sequence(value)?.length;
  if (length === undefined || value instanceof Range) return undefined;
  const count = number < 0n ? 0 : Number(number);
  if (typeof value === 'string') {
    spendText(value.length * count);
    return value.repeat(count);
  }
  spend(length * count);
  const items = Array.isArray(value) ? value : (value as Tuple).items;
  const many = Array.from({ length: count }, () => items).flat();
  return Array.isArray(value) ? many : new Tuple(many);
}

export function unary(operator: '+' | '-', value: Value): Value {
  const number = numeric(value);
  if (number !== undefined) return operator === '-' ? -number : number;
  if (value instanceof Undefined) value.fail();
  throw new TemplateError(`"${operator}" does not work on a value of type ${typeName(value)}`);
}

/** Python's `value[start:stop:step]`. */
export function slice(value: Value, bounds: (Value | undefined)[]): Value {
  const items = sequence(value);
  if (value instanceof Undefined) value.fail();
  if (value instanceof Markup) throw new NotSupported('slicing HTML text');
  if (!items) throw new TemplateError(`a value of type ${typeName(value)} cannot be sliced`);
  const [start, stop, step] = sliceIndices(items.length, bounds);
  if (typeof value === 'string' && step === 1) return made(start < stop ? sliceText(value, start, stop) : '');
  if (value instanceof Range)
    return new Range(
      value.start + value.step * BigInt(start),
      value.start + value.step * BigInt(stop),
      value.step * BigInt(step),
    );
  const taken: Value[] = [];
  for (let index = start; step > 0 ? index < stop : index > stop; index += step) taken.push(items.at(index));
  spend(taken.length);
  if (typeof value === 'string') return taken.join('');
  return value instanceof Tuple ? new Tuple(taken) : taken;
}

/** Python's `slice.indices(length)`. */
function sliceIndices(
  length: number,
  [startValue, stopValue, stepValue]: (Value | undefined)[],
): [number, number, number] {
  const bound = (value: Value | undefined): number | undefined => {
    if (value === undefined || value === null) return undefined;
    const number = typeof value === 'number' ? undefined : numeric(value);
    if (typeof number !== 'bigint') {
      if (value instanceof Undefined) throw new TemplateError(value.message);
      throw new TemplateError(`a slice's bound must be an int, not a value of type ${typeName(value)}`);
    }
    return Number(number);
  };
  const step = bound(stepValue) ?? 1;
  if (step === 0) throw new TemplateError("a slice's step cannot be zero");
  const lowest = step > 0 ? 0 : -1;
  const highest = step > 0 ? length : length - 1;
  const place = (value: number | undefined, otherwise: number) => {
    if (value === undefined) return otherwise;
    return Math.min(highest, Math.max(lowest, value < 0 ? value + length : value));
  };
  return [place(bound(startValue), step > 0 ? 0 : highest), place(bound(stopValue), step > 0 ? length : -1), step];
}
