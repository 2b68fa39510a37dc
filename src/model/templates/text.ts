import { spend, spendText } from './budget.ts';

/** Strings as Python has them: white space, lines and positions in code points. */

/** What `str.isspace` and `\s` of Python's `re` take for white space, as a class for regular expressions. */
export const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const SPACE_CHARACTER = new RegExp(`^${SPACE}$`);
const SPACES = new RegExp(`${SPACE}+`, 'g');
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python ends lines at some of them.
const LINE_END = /\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]/g;
const SURROGATE = /[\ud800-\udfff]/;

function isSpace(character: string): boolean {
  return SPACE_CHARACTER.test(character);
}

/** Takes the `characters` (by default white space) from the start and the end of a text, or from one of them. */
export function strip(text: string, characters: string | undefined, sides: 'both' | 'start' | 'end'): string {
  const set = characters === undefined ? undefined : new Set(characters);
  const strips = (character: string) => (set ? set.has(character) : isSpace(character));
  let start = 0;
  let end = text.length;
  if (sides !== 'end') {
    while (start < end) {
      const character = String.fromCodePoint(text.codePointAt(start)!);
      if (!strips(character)) break;
      start += character.length;
    }
  }
  if (sides !== 'start') {
    while (end > start) {
      const pair = end - 2 >= start && text.codePointAt(end - 2)! > 0xffff;
      const character = pair ? text.slice(end - 2, end) : text[end - 1]!;
      if (!strips(character)) break;
      end -= character.length;
    }
  }
  return text.slice(start, end);
}

export function trimEnd(text: string): string {
  return strip(text, undefined, 'end');
}

/** The text's characters where some are outside the first 65,536: there JavaScript's positions differ from Python's. */
function codePoints(text: string): string[] | undefined {
  spendText(text.length);
  if (!SURROGATE.test(text)) return undefined;
  spend(text.length / 4);
  return [...text];
}

export function lengthOf(text: string): number {
  return codePoints(text)?.length ?? text.length;
}

/** A text as something indexed by code point. */
export function indexable(text: string): { length: number; at(index: number): string } {
  const points = codePoints(text);
  if (points) return { length: points.length, at: (index) => points[index]! };
  return { length: text.length, at: (index) => text[index]! };
}

/** A part of a text, positions in code points, both within it. */
export function sliceText(text: string, start: number, end: number): string {
  const points = codePoints(text);
  return points ? points.slice(start, end).join('') : text.slice(start, end);
}

/** A position in UTF-16 units as one in code points. */
export function pointIndex(text: string, index: number): number {
  return index < 0 ? index : lengthOf(text.slice(0, index));
}

/** `str.splitlines`. */
export function splitLines(text: string, keepEnds = false): string[] {
  const lines: string[] = [];
  let start = 0;
  for (const end of text.matchAll(LINE_END)) {
    spend(1);
    lines.push(text.slice(start, keepEnds ? end.index + end[0].length : end.index));
    start = end.index + end[0].length;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** `str.split` and `str.rsplit`: at white space without a separator, at most `limit` times when that is not negative. */
export function split(text: string, separator: string | undefined, limit: number, fromEnd: boolean): string[] {
  if (separator === undefined) return splitAtSpaces(text, limit, fromEnd);
  const cuts: Cut[] = [];
  const full = () => limit >= 0 && cuts.length >= limit;
  const step = separator.length;
  if (fromEnd) {
    for (let end = text.length; end >= step && !full(); ) {
      end = text.lastIndexOf(separator, end - step);
      if (end < 0) break;
      cuts.unshift([end, end + step]);
    }
  } else {
    for (let at = text.indexOf(separator); at >= 0 && !full(); at = text.indexOf(separator, at + step))
      cuts.push([at, at + step]);
  }
  return cutAt(text, cuts);
}

/** From where to where a separator is. */
type Cut = [start: number, end: number];

function splitAtSpaces(text: string, limit: number, fromEnd: boolean): string[] {
  const words = strip(text, undefined, 'both');
  if (words === '') return [];
  const start = text.indexOf(words);
  const cuts = [...text.slice(start, start + words.length).matchAll(SPACES)].map(
    ({ index, 0: spaces }): Cut => [start + index, start + index + spaces.length],
  );
  const all = limit < 0 || limit > cuts.length;
  // What is left over when the limit is reached keeps the white space on its far side.
  if (fromEnd)
    return cutAt(
      text.slice(all ? start : 0, start + words.length),
      shift(all ? cuts : cuts.slice(cuts.length - limit), all ? start : 0),
    );
  return cutAt(
    all ? text.slice(start, start + words.length) : text.slice(start),
    shift(all ? cuts : cuts.slice(0, limit), start),
  );
}

function shift(cuts: Cut[], by: number): Cut[] {
  return cuts.map(([start, end]) => [start - by, end - by]);
}

function cutAt(text: string, cuts: Cut[]): string[] {
  spend(2 * cuts.length);
  const parts: string[] = [];
  let from = 0;
  for (const [start, end] of cuts) {
    parts.push(text.slice(from, start));
    from = end;
  }
  parts.push(text.slice(from));
  return parts;
}
