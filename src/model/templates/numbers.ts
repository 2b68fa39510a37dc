import { spend } from './budget.ts';
import { NotSupported, TemplateError } from './errors.ts';

/** More digits than this Python itself does not print. */
export const MAX_DIGITS = 4300;

/** Python's `repr` of a float: the shortest digits that give it back, with an exponent below 1e-4 and from 1e16. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa, exponentText] = Math.abs(value).toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  const sign = value < 0 ? '-' : '';
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  const digits = mantissa.replace('.', '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

export function intText(value: bigint): string {
  const text = String(value);
  if (text.length > MAX_DIGITS) throw new TemplateError(`a number has more than ${MAX_DIGITS} digits`);
  return text;
}

/**
 * The integer nearest to value · 10^digits, halves to the even one, from the float's exact binary value. The value must be finite.
 */
function scaledRound(value: number, digits: number): bigint {
  spend(20 + Math.abs(digits));
  const [numerator, denominator] = fractionOf(value);
  const scale = 10n ** BigInt(Math.abs(digits));
  return digits >= 0 ? divideHalfEven(numerator * scale, denominator) : divideHalfEven(numerator, denominator * scale);
}

/** Python's `round(value, digits)` of a float. */
export function roundFloat(value: number, digits: number): number {
  if (!Number.isFinite(value) || value === 0 || digits > 323) return value;
  if (digits < -308) return value < 0 ? -0 : 0;
  const scaled = scaledRound(value, digits);
  const rounded = Number(`${scaled}e${-digits}`);
  return rounded === 0 && value < 0 ? -0 : rounded;
}

/** `format(value, '.{digits}f')`. */
export function fixedText(value: number, digits: number): string {
  if (!Number.isFinite(value)) return floatText(value);
  const scaled = scaledRound(value, digits);
  const negative = value < 0 || Object.is(value, -0);
  const text = String(scaled < 0n ? -scaled : scaled).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return `${negative ? '-' : ''}${whole}${digits > 0 ? `.${text.slice(-digits)}` : ''}`;
}

/** The bits of a float: value = numerator / denominator. */
function fractionOf(value: number): [numerator: bigint, denominator: bigint] {
  let denominator = 1n;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    denominator *= 2n;
  }
  return [BigInt(scaled), denominator];
}

export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = floorDivide(numerator, denominator);
  const twice = 2n * (numerator - quotient * denominator);
  if (twice > denominator || (twice === denominator && quotient % 2n !== 0n)) return quotient + 1n;
  return quotient;
}

export function floorDivide(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new TemplateError('a number is divided by zero');
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

export function floorModulo(a: bigint, b: bigint): bigint {
  return a - floorDivide(a, b) * b;
}

/** Python's `a % b` of floats: the sign is b's. */
export function floatModulo(a: number, b: number): number {
  if (b === 0) throw new TemplateError('a number is divided by zero');
  const remainder = a % b;
  if (remainder === 0) return b < 0 ? -0 : 0;
  return remainder < 0 !== b < 0 ? remainder + b : remainder;
}

/** Python's `a // b` of floats, in its steps: each of them rounds. */
export function floatFloorDivide(a: number, b: number): number {
  if (b === 0) throw new TemplateError('a number is divided by zero');
  const remainder = a % b;
  let quotient = (a - remainder) / b;
  if (remainder !== 0 && remainder < 0 !== b < 0) quotient -= 1;
  if (quotient === 0) return a / b < 0 || Object.is(a / b, -0) ? -0 : 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

/** An int as a float; Python raises for one that is too large. */
export function toFloat(value: bigint): number {
  const float = Number(value);
  if (!Number.isFinite(float)) throw new TemplateError('a number is too large for a float');
  return float;
}

export function power(base: bigint, exponent: bigint): bigint {
  const bits = base.toString(2).length * Number(exponent);
  if (bits > MAX_DIGITS * 4) throw new NotSupported('a power of so many digits');
  return base ** exponent;
}

/** Python's `int(text, base)`; undefined where it raises ValueError. */
export function parseInteger(text: string, base: number): bigint | undefined {
  const match = /^([-+]?)(0[xX]_?|0[oO]_?|0[bB]_?)?([\da-zA-Z]+(?:_[\da-zA-Z]+)*)$/.exec(text);
  if (!match) return undefined;
  const [, sign, prefix, digits] = match as unknown as [string, string, string | undefined, string];
  const prefixBase = prefix && { x: 16, o: 8, b: 2 }[prefix[1]!.toLowerCase() as 'x' | 'o' | 'b'];
  let plain = digits.replaceAll('_', '');
  let radix = base;
  if (prefixBase) {
    // "0b1" is a number in base 16 without being binary.
    if (base === 0) radix = prefixBase;
    else if (base !== prefixBase) plain = prefix.replace('_', '') + plain;
  } else if (base === 0) {
    radix = 10;
    if (/^0+[1-9]/.test(plain)) return undefined;
  }
  let value = 0n;
  for (const digit of plain) {
    const worth = Number.parseInt(digit, 36);
    if (worth >= radix) return undefined;
    value = value * BigInt(radix) + BigInt(worth);
  }
  return sign === '-' ? -value : value;
}

/** Python's `float(text)`; undefined where it raises ValueError. */
export function parseFloatText(text: string): number | undefined {
  const plain = text.replace(/(?<=\d)_(?=\d)/g, '').toLowerCase();
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/.test(plain)) return Number(plain);
  const special = /^([-+]?)(inf|infinity|nan)$/.exec(plain);
  if (!special) return undefined;
  const value = special[2] === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY;
  return special[1] === '-' ? -value : value;
}
