import type { MathJsonExpression as Json } from '@cortex-js/compute-engine/latex-syntax';
import { Complex } from 'complex.js';

/** What the symbols of an expression are taken to be. */
export type Point = (symbol: string) => number;

export const hasValue = ({ re, im }: Complex): boolean => Number.isFinite(re) && Number.isFinite(im);

/** Head and operands of a function; undefined for a number, a symbol or a text. */
export function callOf(json: Json): { head: string; args: Json[] } | undefined {
  const call = Array.isArray(json)
    ? json
    : typeof json === 'object' && json !== null && 'fn' in json
      ? json.fn
      : undefined;
  if (!Array.isArray(call)) return undefined;
  const [head, ...args] = call as unknown as [string, ...Json[]];
  return { head, args };
}

/** A number as written: `"1.(36)"` is periodic. */
export function literalOf(json: Json): string | undefined {
  if (typeof json === 'number') return String(json);
  return typeof json === 'object' && json !== null && 'num' in json ? json.num : undefined;
}

const CONSTANTS: Record<string, Complex> = {
  ...{ Pi: new Complex(Math.PI), e: new Complex(Math.E), ExponentialE: new Complex(Math.E), i: new Complex(0, 1) },
  ...{
    ImaginaryUnit: new Complex(0, 1),
    PositiveInfinity: new Complex(Infinity),
    NegativeInfinity: new Complex(-Infinity),
  },
};

type Compute = (...values: Complex[]) => Complex;
const real =
  (compute: (...values: number[]) => number): Compute =>
  (...values) =>
    values.every(({ im }) => im === 0) ? new Complex(compute(...values.map(({ re }) => re))) : Complex.NAN;
const product = (...values: Complex[]): Complex => values.reduce((left, right) => left.mul(right), Complex.ONE);

const FUNCTIONS: Record<string, Compute> = {
  Add: (...values) => values.reduce((left, right) => left.add(right), Complex.ZERO),
  Subtract: (left, right) => left!.sub(right!),
  Negate: (value) => value!.neg(),
  Multiply: product,
  Divide: (above, below) => above!.div(below!),
  Rational: (above, below) => above!.div(below!),
  Power: power,
  Square: (value) => value!.mul(value!),
  Sqrt: (value) => value!.sqrt(),
  Root: (value, degree) => root(value!, degree!),
  Exp: (value) => value!.exp(),
  Ln: (value, base) => (base ? value!.log().div(base.log()) : value!.log()),
  Log: (value, base) => value!.log().div((base ?? new Complex(10)).log()),
  Lb: (value) => value!.log().div(Math.LN2),
  ...{ Sin: (value) => value!.sin(), Cos: (value) => value!.cos(), Tan: (value) => value!.tan() },
  ...{ Cot: (value) => value!.cot(), Sec: (value) => value!.sec(), Csc: (value) => value!.csc() },
  ...{ Arcsin: (value) => value!.asin(), Arccos: (value) => value!.acos(), Arctan: (value) => value!.atan() },
  ...{ Sinh: (value) => value!.sinh(), Cosh: (value) => value!.cosh(), Tanh: (value) => value!.tanh() },
  Abs: (value) => new Complex(value!.abs()),
  Floor: real(Math.floor),
  Ceil: real(Math.ceil),
  Factorial: real(factorial),
  Binomial: real((n, k) => factorial(n) / (factorial(k) * factorial(n - k))),
  Mod: real((value, by) => value - by * Math.floor(value / by)),
  // A line above a real number is a mark of something else.
  Conjugate: (value) => (value!.im === 0 ? Complex.NAN : value!.conjugate()),
  Degrees: (value) => value!,
  Delimiter: (value) => value!,
};

/** The expression's value at a point, as a complex number; NaN for what is not known here, and where it has none. */
export function evaluate(json: Json, at: Point): Complex {
  const literal = literalOf(json);
  if (literal !== undefined) return new Complex(numberOf(literal));
  if (typeof json === 'string') return CONSTANTS[json] ?? (json.startsWith("'") ? Complex.NAN : new Complex(at(json)));
  const call = callOf(json);
  if (!call) return Complex.NAN;
  const { head, args } = call;
  const inverse = head === 'Power' ? inverseFunction(args) : undefined;
  if (inverse) return evaluate(inverse, at);
  if (head === 'InvisibleOperator') {
    const mixed = mixedNumber(args);
    return mixed ? evaluate(mixed, at) : product(...args.map((argument) => evaluate(argument, at)));
  }
  if (head === 'Delimiter' && args.length > 1 && callOf(args[0]!)?.head === 'Sequence') return Complex.NAN;
  if (head === 'BaseForm') return evaluate(args[0]!, at);
  const compute = FUNCTIONS[head];
  return compute ? compute(...args.map((argument) => evaluate(argument, at))) : Complex.NAN;
}

/** A whole number before a fraction: `2\frac{1}{2}` is 2 + 1/2, as a sum. */
export function mixedNumber(args: Json[]): Json | undefined {
  const [whole, part, ...more] = args;
  const negative = callOf(whole!)?.head === 'Negate';
  const digits = literalOf(negative ? callOf(whole!)!.args[0]! : whole!);
  const fraction = part === undefined ? undefined : callOf(part);
  const parts = fraction?.head === 'Divide' ? fraction.args.map((each) => literalOf(each) ?? '') : [];
  if (more.length > 0 || parts.length !== 2 || ![digits ?? '', ...parts].every((each) => /^\d+$/.test(each)))
    return undefined;
  return [negative ? 'Subtract' : 'Add', whole!, part!] as unknown as Json;
}

/** `\sin^{-1} x` is the arc sine. */
function inverseFunction([base, exponent]: Json[]): Json | undefined {
  const call = callOf(base!);
  const minus = callOf(exponent!);
  const isMinusOne = minus?.head === 'Negate' && literalOf(minus.args[0]!) === '1';
  return call && isMinusOne && /^(Sin|Cos|Tan)$/.test(call.head)
    ? ([`Arc${call.head.toLowerCase()}`, ...call.args] as unknown as Json)
    : undefined;
}

/** Of negative numbers the real root where there is one: -8 to the 1/3 is -2. */
function root(value: Complex, degree: Complex): Complex {
  const odd = degree.im === 0 && Math.abs(degree.re % 2) === 1;
  if (odd && value.im === 0 && value.re < 0) return new Complex(-((-value.re) ** (1 / degree.re)));
  return power(value, Complex.ONE.div(degree));
}

/** Whole exponents without logarithms, which would round. */
function power(base?: Complex, exponent?: Complex): Complex {
  const times = exponent!.re;
  if (exponent!.im === 0 && Number.isInteger(times) && Math.abs(times) <= 64) {
    const whole = product(...Array.from({ length: Math.abs(times) }, () => base!));
    return times < 0 ? Complex.ONE.div(whole) : whole;
  }
  return base!.pow(exponent!);
}

function factorial(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 170) return Number.NaN;
  let result = 1;
  for (let factor = 2; factor <= value; factor++) result *= factor;
  return result;
}

/** `"0.1(6)"` is 0.1666… */
function numberOf(literal: string): number {
  const periodic = /^(-?)(\d*)\.(\d*)\((\d+)\)$/.exec(literal);
  if (!periodic) return Number(literal);
  const [, sign, whole, before, period] = periodic;
  const scale = 10 ** before!.length;
  const value = Number(`${whole || 0}.${before || 0}`) + Number(period) / (10 ** period!.length - 1) / scale;
  return sign ? -value : value;
}
