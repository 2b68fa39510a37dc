import { parseNumber } from '../parse-number.ts';
import { evaluate, literalOf } from './evaluate.ts';
import { mathValue, objectOf } from './math-value.ts';

/**
 * The numbers that an answer may mean: none unless it is one number, two for a percentage (`50%` is 0.5 and 50). `x = 5` is 5, `\frac{10}{4}` is 2.5;
 * `2\pi` is an expression, and not a number as people write it.
 */
export function numbersMeant(answer: string): number[] {
  const plain = answer.trim();
  const number = parseNumber(plain);
  if (number !== undefined) return /%\s*$/.test(plain) ? [number, number * 100] : [number];
  const read = mathValue(plain);
  const value = read?.kind === 'relation' && read.relation === '=' ? objectOf(read.right) : read;
  if (value?.kind !== 'expression' || isIrrational(JSON.stringify(value.json))) return [];
  const { re, im } = evaluate(value.json, () => Number.NaN);
  if (!Number.isFinite(re) || Math.abs(im) > 1e-12) return [];
  const exact = Math.abs(re - Math.round(re)) < 1e-12 && literalOf(value.json) === undefined ? Math.round(re) : re;
  return value.percent ? [exact / 100, exact] : [exact];
}

const isIrrational = (json: string): boolean => /"(?:Pi|e|ExponentialE|i|ImaginaryUnit)"/.test(json);
