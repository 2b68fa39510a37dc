import type { MathJsonExpression as Json } from '@cortex-js/compute-engine/latex-syntax';
import { callOf, literalOf, mixedNumber } from './evaluate.ts';

/** A fraction of whole numbers of any length; `below` is above 0. */
export interface Fraction {
  above: bigint;
  below: bigint;
}

const ZERO: Fraction = { above: 0n, below: 1n };
const ONE: Fraction = { above: 1n, below: 1n };
/** Decimal digits of what is still computed exactly. */
const MOST_DIGITS = 5000;

/** The exact value of an expression of rational numbers: float64 takes 10^100 + 1 for 10^100. Undefined for roots, symbols, and what is too long. */
export function exactOf(json: Json): Fraction | undefined {
  const literal = literalOf(json);
  if (literal !== undefined) return fractionOf(literal);
  const call = callOf(json);
  if (!call) return undefined;
  if (call.head === 'InvisibleOperator') {
    const mixed = mixedNumber(call.args);
    if (mixed) return exactOf(mixed);
  }
  const values = call.args.map(exactOf);
  if (!values.every((value) => value !== undefined)) return undefined;
  const [one, other] = values;
  switch (call.head) {
    case 'Add':
      return values.reduce<Fraction | undefined>((all, each) => sum(all, each), ZERO);
    case 'Subtract':
      return sum(one!, negative(other!));
    case 'Negate':
      return negative(one!);
    case 'Multiply':
    case 'InvisibleOperator':
      return values.reduce<Fraction | undefined>((all, each) => product(all, each), ONE);
    case 'Divide':
    case 'Rational':
      return product(one!, inverse(other));
    case 'Power':
      return power(one!, other!);
    case 'Delimiter':
      return values.length === 1 ? one : undefined;
    default:
      return undefined;
  }
}

/** Whether two fractions are equal, or differ by at most the tolerance, which is relative for numbers below a thousandth. */
export function fractionsNear(one: Fraction, other: Fraction, tolerance: number): boolean {
  const { above, below } = sum(one, negative(other)) ?? { above: 1n, below: 0n };
  if (above === 0n) return true;
  if (below === 0n || tolerance === 0) return false;
  return Math.abs(numberOf({ above, below })) <= tolerance * Math.min(1, 1000 * Math.abs(numberOf(one)));
}

const numberOf = ({ above, below }: Fraction): number => Number((above * 10n ** 30n) / below) / 1e30;

function limited(above: bigint, below: bigint): Fraction | undefined {
  if (below === 0n) return undefined;
  const fraction = below < 0n ? { above: -above, below: -below } : { above, below };
  return String(fraction.above).length + String(fraction.below).length <= MOST_DIGITS ? fraction : undefined;
}

const sum = (one?: Fraction, other?: Fraction): Fraction | undefined =>
  one && other && limited(one.above * other.below + other.above * one.below, one.below * other.below);
const product = (one?: Fraction, other?: Fraction): Fraction | undefined =>
  one && other && limited(one.above * other.above, one.below * other.below);
const negative = ({ above, below }: Fraction): Fraction => ({ above: -above, below });
const inverse = (value?: Fraction): Fraction | undefined => value && limited(value.below, value.above);

function power(base: Fraction, { above: exponent, below }: Fraction): Fraction | undefined {
  const times = Number(exponent < 0n ? -exponent : exponent);
  if (below !== 1n || times * (String(base.above).length + String(base.below).length) > MOST_DIGITS) return undefined;
  const result = limited(base.above ** BigInt(times), base.below ** BigInt(times));
  return exponent < 0n ? inverse(result) : result;
}

/** `12`, `-1.5`, `6e23`, and `0.1(6)`, which is periodic. */
function fractionOf(literal: string): Fraction | undefined {
  const parts = /^(-?)(\d*)(?:\.(\d*)(?:\((\d+)\))?)?(?:e([-+]?\d{1,4}))?$/i.exec(literal);
  if (!parts) return undefined;
  const [, sign, whole, before = '', period = '', exponent = '0'] = parts;
  const digits = BigInt(`${whole}${before}${period}` || '0');
  const above = period ? digits - BigInt(`${whole}${before}` || '0') : digits;
  const below = 10n ** BigInt(before.length) * (period ? 10n ** BigInt(period.length) - 1n : 1n);
  const scale = 10n ** BigInt(Math.abs(Number(exponent)));
  const signed = sign ? -above : above;
  return Number(exponent) < 0 ? limited(signed, below * scale) : limited(signed * scale, below);
}
