/** Extracts the answer from a completion; undefined if there is none. Write your own, or pass one of these: {@link tagged}, {@link boxed}, {@link lastNumber}. */
export type Extractor = (completion: string) => string | undefined;

/**
 * Extracts the text between the last `<tag>` and `</tag>`, without surrounding white space.
 *
 * @example tagged('answer')('<answer> 42 </answer>') // '42'
 * @example tagged('answer')('<answer>42') // undefined: never closed
 */
export function tagged(tag: string): Extractor {
  return (completion) => {
    const end = completion.lastIndexOf(`</${tag}>`);
    const start = end < 0 ? -1 : completion.lastIndexOf(`<${tag}>`, end);
    return start < 0 ? undefined : completion.slice(start + tag.length + 2, end).trim();
  };
}

/**
 * Extracts the content of the last `\boxed{…}`, including nested braces; undefined if it is never closed.
 *
 * @example boxed('so $\\boxed{\\frac{1}{2}}$') // '\\frac{1}{2}'
 */
export function boxed(completion: string): string | undefined {
  const mark = '\\boxed{';
  const start = completion.lastIndexOf(mark);
  if (start < 0) return undefined;
  let depth = 1;
  for (let at = start + mark.length; at < completion.length; at++) {
    if (completion[at] === '{') depth++;
    if (completion[at] === '}' && --depth === 0) return completion.slice(start + mark.length, at).trim();
  }
  return undefined;
}

// A sign counts only where no operand precedes it: "10-4" ends with 4. The parts cannot match the same text in two ways.
const NUMBER =
  /(?<![\w.])(?:(?<![\d)\]}]\s?)[-+−])?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+|(?=\.\d))(?:\.\d+)?(?:[eE][-+]?\d+)?(?:\/\d+(?:\.\d+)?)?%?/g;
/** "nothing but 5" and "none other than 5" are 5. */
const NEGATED =
  /(?:\b(?:not|never|cannot|neither|nor)|n['’]t|≠|!=|\\neq?|\b(?:any|every)\w*(?:\s\w+)?\s(?:but|except)|(?<!\bnone?\s|\bno\s)\bother than|\brather than|\binstead of)\s{0,4}(?:be\s{1,4}|equals?\s{1,4}(?:to\s{0,4})?)?\$?$/i;

/** Whether what begins there is negated: "it is not 5", "anything but 5". */
export const isNegated = (text: string, at: number): boolean => NEGATED.test(text.slice(Math.max(0, at - 40), at));

/** Every number of a text as written, and where: `-3`, `1,234.5`, `.5`, `3/4`, `50%`, `6e23`; except negated ones ("not 5"). */
export const numberMatches = (text: string): { at: number; text: string }[] =>
  [...text.matchAll(NUMBER)].flatMap(({ 0: number, index }) =>
    isNegated(text, index) ? [] : [{ at: index, text: number }],
  );

/**
 * Extracts the last number of a text: an integer, a decimal, a fraction or a percentage, with or without thousands separators.
 * Negated numbers ("it is not 5") are skipped.
 *
 * @example lastNumber('25 + 27 = 52, so 52 apples.') // '52'
 */
export function lastNumber(completion: string): string | undefined {
  return numberMatches(completion).at(-1)?.text;
}

/**
 * Tries extractors in order and returns the first answer found.
 *
 * @example firstOf(tagged('answer'), boxed, lastNumber) // the default of numericMatch
 */
export function firstOf(...extractors: Extractor[]): Extractor {
  return (completion) => {
    for (const extract of extractors) {
      const answer = extract(completion);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
}

/**
 * Lets an extractor see only what follows the model's thinking: nothing is found where it never ends, or where the answer is only inside it.
 *
 * @example numericMatch({ extract: afterThinking(lastNumber) }) // TRL's reasoning accuracy
 */
export function afterThinking(extract: Extractor, tag = 'think'): Extractor {
  return (completion) => {
    const mark = `</${tag}>`;
    const end = completion.lastIndexOf(mark);
    return end < 0 ? undefined : extract(completion.slice(end + mark.length));
  };
}
