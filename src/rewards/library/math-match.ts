import type { RewardResult } from '../api.ts';
import { boxed, type Extractor, firstOf, tagged } from './extract.ts';
import { lastQuantity } from './last-quantity.ts';
import { mathEqual } from './math/math-equal.ts';
import { type MathValue, mathValue } from './math/math-value.ts';
import { columnOf, type RowReward } from './row.ts';
import { verdictOf } from './verdict.ts';

/** Options of {@link mathMatch}. */
export interface MathMatchOptions {
  /**
   * The dataset column with the correct answer, in LaTeX or plain text, or a list of correct ones; of a solution, what is in `\boxed{…}`, or
   * behind `####`. Null abstains. Default: `answer`.
   */
  column?: string;
  /** Extracts the answer from the completion. Default: `<answer>…</answer>`, else `\boxed{…}`, else all of it if that is no sentence, else the last formula or number. */
  extract?: Extractor;
  /** Absolute tolerance, where one side is written as a decimal. Default: 1e-6. */
  tolerance?: number;
}

/**
 * Creates a reward: 1 if the answer is mathematically equal to the expected one, else 0. Reads LaTeX and plain text: numbers in every form,
 * expressions with symbols (compared at random points), pairs, sets, intervals, equations, inequalities, matrices, complex numbers, percent, units,
 * words. `x = 5` equals 5; `28\%` equals 28 and 0.28; of units, those that it knows must agree, if both sides have one.
 *
 * @example export const correct = mathMatch({ column: 'solution' });
 */
export function mathMatch({
  column = 'answer',
  extract = firstOf(tagged('answer'), boxed, wholeAnswer, lastQuantity),
  tolerance = 1e-6,
}: MathMatchOptions = {}): RowReward {
  return (input): RewardResult => {
    const given = columnOf(input, column, 'mathMatch');
    if (given === null) return { score: null };
    const expected = (Array.isArray(given) && given.length > 0 ? given : [given]).map((each) => ({
      text: String(each),
      value: expectedValue(each, column),
    }));
    const found = extract(input.completion);
    const answer = found === undefined ? undefined : mathValue(boxed(found) ?? found);
    const right = answer !== undefined && expected.some(({ value }) => mathEqual(value, answer, tolerance));
    return verdictOf(found, right, given);
  };
}

/** A completion that is just an answer: one line of at most one word. */
function wholeAnswer(completion: string): string | undefined {
  const text = completion.trim();
  // "Therefore, 9 x $2 = $18."
  if (/^(?!sqrt|sin|cos|tan|log|exp)\p{L}{3,}[\s,].*\d/iu.test(text)) return undefined;
  const words = text.replaceAll(/\\[a-zA-Z]+/g, '').match(/\p{L}{2,}/gu) ?? [];
  return text !== '' && text.length <= 100 && !/\n|\p{L}\s*:|#/u.test(text) && words.length < 2 ? text : undefined;
}

function expectedValue(given: unknown, column: string): MathValue {
  const text = String(given);
  const value = typeof given === 'object' ? undefined : mathValue(boxed(text) ?? text.split('####').at(-1)!);
  if (value) return value;
  throw new Error(`The column "${column}" has no answer to compare with: ${JSON.stringify(given)?.slice(0, 100)}.`);
}
