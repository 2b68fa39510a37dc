import { isNegated, numberMatches } from './extract.ts';
import { numberInWords } from './math/number-words.ts';

/** What stands between dollar signs, `\(…\)` or `\[…\]`; "$5 and $6" are prices. */
const SPAN =
  /\$\$([^$]{1,500})\$\$|\$(?![\s$])([^$\n]{1,300}?)(?<![\s\\])\$(?!\d)|\\\(([\s\S]{1,500}?)\\\)|\\\[([\s\S]{1,500}?)\\\]/g;

const GROUP = String.raw`\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\[[^\]]*\]|\d)`;
const COMMAND = String.raw`\\(?:[dt]?frac${GROUP}${GROUP}|sqrt(?:${GROUP}){1,2}|pi(?![a-zA-Z])|(?:times|cdot)\s*\d[\d.,]*(?:\^\{?-?\d+\}?)?)`;
/** LaTeX without such marks, with the sign and the number before it: `2\frac{1}{2}`, `-3\sqrt{5}`. */
const FORMULA = new RegExp(
  String.raw`(?:(?<![\w)}]\s?)[-+−])?(?:\d[\d,]*(?:\.\d+)?\s*)?(?:${COMMAND}\s*)+(?:/\s*\d+)?`,
  'g',
);
const POWER = /(?<![\w.])[-−]?\d+(?:\.\d+)?\s*\^\s*(?:\{-?\d+\}|-?\d+)/g;

/** "42 is wrong". */
const DENIED =
  /^[^\w\n]{0,4}(?:is|was|are|would be)\s+(?:(?:clearly|surely|definitely)\s+)?(?:wrong|incorrect|false|not\b)/i;
/** "42x", "$42k" and "42 million" are not 42. */
const CONTINUED = /^(?:[kKMn-z](?![a-zA-Z])|\s(?:hundred|thousand|million|billion|dozen)\b)/;
/** "41, 42" and "41 or 42" leave open which of them is the answer. */
const BETWEEN_ALTERNATIVES = /^\s*(?:,|,?\s*or|\/)\s*$/i;

/**
 * Extracts the last formula or number of a text, as {@link mathMatch} and {@link numericMatch} do where nothing is boxed or tagged. Negated ones
 * ("it is not 5") are skipped, and formulas without a digit or a command, which are mostly names ("where $x$ is a number");
 * a text that ends in several ("41 or 42", "41, 42"), or says of the last one that it is wrong, has no answer.
 *
 * @example lastQuantity('so half of them, $\\frac{1}{2}$.') // '\\frac{1}{2}'
 */
export function lastQuantity(completion: string): string | undefined {
  // "Forty-two", and nothing else.
  if (numberInWords(completion) !== undefined) return completion.trim();
  const text = completion.trimEnd().slice(-4000);
  const spans = [...text.matchAll(SPAN)].map((match) => ({
    at: match.index,
    whole: match[0],
    found: match.slice(1).find(Boolean)!,
  }));
  const outside = (at: number) => !spans.some((span) => at >= span.at && at < span.at + span.whole.length);
  const formulas = [...text.matchAll(FORMULA), ...text.matchAll(POWER)]
    .map((match) => ({ at: match.index, whole: match[0], found: match[0].trim() }))
    .filter(({ at }) => outside(at));
  const taken = [...spans, ...formulas];
  const numbers = numberMatches(text)
    .filter(({ at }) => !taken.some((each) => at >= each.at && at < each.at + each.whole.length))
    .map(({ at, text: found }) => ({ at, whole: found, found }));
  const all = [...taken, ...numbers]
    .filter(({ at, found }) => /\d|\\[a-zA-Z]/.test(found) && !isNegated(text, at))
    .sort((one, other) => one.at - other.at);
  const last = all.at(-1);
  const before = all.at(-2);
  if (!last || DENIED.test(text.slice(last.at + last.whole.length))) return undefined;
  if (before && BETWEEN_ALTERNATIVES.test(text.slice(before.at + before.whole.length, last.at))) return undefined;
  const behind = CONTINUED.exec(text.slice(last.at + last.whole.length));
  return `${last.found}${behind?.[0] ?? ''}`;
}
