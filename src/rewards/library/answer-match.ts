import { boxed, type Extractor, firstOf, numberMatches, tagged } from './extract.ts';
import { lastQuantity } from './last-quantity.ts';
import { mathEqual } from './math/math-equal.ts';
import { mathValue } from './math/math-value.ts';
import { numbersMeant } from './math/numbers-meant.ts';
import { columnOf, type RowReward } from './row.ts';
import { verdictOf } from './verdict.ts';

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
    return verdictOf(
      found,
      found !== undefined && normalize(found) !== '' && right.includes(normalize(found)),
      expected,
    );
  };
}

/** Options of {@link numericMatch}. */
export interface NumericMatchOptions {
  /**
   * The dataset column with the correct number, as a number or a text that is just a number; of a solution, the number behind `####`, in
   * `\boxed{…}`, or at its end behind the word "answer". Anything else is an error on its row: see {@link mathMatch}. Null abstains. Default: `answer`.
   */
  column?: string;
  /** Extracts the answer from the completion. Default: `<answer>…</answer>`, else `\boxed{…}`, else the last formula or number. */
  extract?: Extractor;
  /** Relative tolerance (absolute for expected numbers between 0.001 and 1); whole numbers are compared exactly. Default: 1e-6. */
  tolerance?: number;
}

/**
 * Creates a reward: 1 if the answer is a number, and the expected one, else 0. Understands `1,234`, `3/4`, `\frac{3}{4}`, `2\frac{1}{2}`, `10^6`,
 * `\sqrt{16}`, `50%` (which equals 0.5, and also 50), currencies and units (`12 apples`). The number must be the whole of the answer: `2\pi`, `2x` and
 * `3 4` are not 2, 2 and 34.
 *
 * |answer − expected| ≤ tolerance · max(1, |expected|), where below 0.001 the 1 is 1000 · |expected|: 0 is not 1e-7.
 *
 * @example export const correct = numericMatch({ column: 'answer', extract: tagged('answer') });
 */
export function numericMatch({
  column = 'answer',
  extract = firstOf(tagged('answer'), boxed, lastQuantity),
  tolerance = 1e-6,
}: NumericMatchOptions = {}): RowReward {
  return (input) => {
    const given = columnOf(input, column, 'numericMatch');
    if (given === null) return { score: null };
    const expected = readExpected(given, column);
    const found = extract(input.completion);
    const answer = found === undefined ? '' : (boxed(found) ?? found);
    const near = numbersMeant(answer).some((value) => isNear(value, expected.value, tolerance));
    // float64 does not tell whole numbers of 17 digits apart.
    const exact = !Number.isInteger(expected.value) || Number.isSafeInteger(expected.value) || tolerance > 1e-6;
    return verdictOf(found, near && (exact || sameDigits(expected.text, answer)), expected.value);
  };
}

function isNear(value: number, expected: number, tolerance: number): boolean {
  // A seventh digit is no rounding error where both are counted.
  if (Number.isInteger(value) && Number.isInteger(expected) && tolerance <= 1e-6) return value === expected;
  const size = Math.abs(expected);
  return Math.abs(value - expected) <= tolerance * Math.max(size, Math.min(1, 1000 * size));
}

function sameDigits(expected: string, answer: string): boolean {
  const [one, other] = [mathValue(expected), mathValue(answer)];
  return one !== undefined && other !== undefined && mathEqual(one, other, 0);
}

function readExpected(given: unknown, column: string): { value: number; text: string } {
  const text = String(given).trim();
  const marked = boxed(text) ?? (text.includes('####') ? text.split('####').at(-1)! : text);
  const [value = endingNumber(text)] = typeof given === 'number' ? [given] : numbersMeant(marked);
  if (value !== undefined && Number.isFinite(value)) return { value, text: marked };
  const shown = JSON.stringify(given)?.slice(0, 100);
  throw new Error(`The column "${column}" is not one number: ${shown}. For other answers, use mathMatch.`);
}

/** "…, so the answer is 18." */
function endingNumber(text: string): number | undefined {
  const [, end] = /^.*\banswer\b([^\n]*)$/is.exec(text) ?? [];
  const numbers = end === undefined ? [] : numberMatches(end);
  return numbers.length === 1 ? numbersMeant(numbers[0]!.text)[0] : undefined;
}
