import type { RewardResult } from '../api.ts';
import { boxed, type Extractor, firstOf, lastNumber, numbersIn, tagged } from './extract.ts';
import { parseNumber } from './parse-number.ts';
import { columnOf, type RowReward } from './row.ts';

/** Options of {@link exactMatch}. */
export interface ExactMatchOptions {
  /** The dataset column with the correct answer, or a list of correct ones; null abstains. Default: `answer`. */
  column?: string;
  /** Extracts the answer from the completion. Default: `<answer>…</answer>`, else `\boxed{…}`, else the whole completion. */
  extract?: Extractor;
  /** Whether `Paris` and `paris` differ. Default: false. */
  caseSensitive?: boolean;
}

/**
 * Creates a reward: 1 if the extracted answer equals the expected one, else 0. White space and a trailing period are ignored.
 *
 * @example export const capital = exactMatch({ column: 'capital' });
 */
export function exactMatch({
  column = 'answer',
  extract = firstOf(tagged('answer'), boxed, (completion) => completion),
  caseSensitive = false,
}: ExactMatchOptions = {}): RowReward {
  const normalize = (value: unknown): string => {
    const text = String(value).normalize('NFC').trim().split(/\s+/).join(' ').replace(/\.$/, '');
    return caseSensitive ? text : text.toLowerCase();
  };
  return (input) => {
    const expected = columnOf(input, column, 'exactMatch');
    if (expected === null) return { score: null };
    const right = [expected].flat().map(normalize);
    const found = extract(input.completion);
    return verdict(found, found !== undefined && normalize(found) !== '' && right.includes(normalize(found)), expected);
  };
}

/** Options of {@link numericMatch}. */
export interface NumericMatchOptions {
  /**
   * The dataset column with the correct number, as a number or a string; from longer strings, such as GSM8K's solutions, the last
   * number is taken. Null abstains. Default: `answer`.
   */
  column?: string;
  /** Extracts the answer from the completion. Default: `<answer>…</answer>`, else `\boxed{…}`, else the last number. */
  extract?: Extractor;
  /** Relative tolerance (absolute for expected numbers below 1). Default: 1e-6. */
  tolerance?: number;
}

/**
 * Creates a reward: 1 if the answer's number equals the expected one, else 0. Understands `1,234`, `3/4`, `\frac{3}{4}`, `50%`
 * (which equals 0.5, and also 50) and units (`12 apples`); an answer with several numbers does not count.
 *
 * |answer − expected| ≤ tolerance · max(1, |expected|)
 *
 * @example export const correct = numericMatch({ column: 'answer', extract: tagged('answer') });
 */
export function numericMatch({
  column = 'answer',
  extract = firstOf(tagged('answer'), boxed, lastNumber),
  tolerance = 1e-6,
}: NumericMatchOptions = {}): RowReward {
  return (input) => {
    const given = columnOf(input, column, 'numericMatch');
    if (given === null) return { score: null };
    const expected = readExpected(given, column);
    const found = extract(input.completion);
    const near = (value: number) => Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected));
    return verdict(found, found !== undefined && readings(found).some(near), expected);
  };
}

/** The numbers that an answer may mean: none unless it has just one, two for a percentage. */
function readings(answer: string): number[] {
  const numbers = parseNumber(answer) === undefined ? numbersIn(answer.slice(0, 1000)) : [answer];
  if (numbers.length !== 1) return [];
  const value = parseNumber(numbers[0]!);
  if (value === undefined) return [];
  return numbers[0]!.trim().endsWith('%') ? [value, value * 100] : [value];
}

function readExpected(given: unknown, column: string): number {
  const text = String(given);
  const value = typeof given === 'number' ? given : (parseNumber(text) ?? parseNumber(lastNumber(text) ?? ''));
  if (value !== undefined && Number.isFinite(value)) return value;
  throw new Error(`The column "${column}" has no number to compare with: ${JSON.stringify(given)?.slice(0, 100)}.`);
}

function verdict(found: string | undefined, right: boolean, expected: unknown): RewardResult {
  if (found === undefined) return { score: 0, reason: 'no answer found' };
  const extracted = found.slice(0, 200);
  if (right) return { score: 1, extracted };
  return { score: 0, extracted, reason: `expected ${[expected].flat().join(' or ').slice(0, 200)}` };
}
