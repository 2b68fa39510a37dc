/** Longest quoted value in a message, in characters: enough to find it by. */
const VALUE_LENGTH = 100;
/** Longest message. */
const MESSAGE_LENGTH = 1000;

/** Control characters, and those that change the direction or the lines of what is around them. */
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu;

/** Text of a model's or a user's for a terminal: control characters, which could do anything there, as `\u001b`. Line feeds and tabs stay. */
export const visible = (text: string): string =>
  text.replace(CONTROL, (character) => ('\n\t'.includes(character) ? character : escaped(character)));

/** A message on one line: control characters escaped, quoted values and the whole cut to a length that can be read. */
export function oneLine(message: string): string {
  const line = message.trim().replace(CONTROL, escaped);
  const short = line.replace(/"(?:[^"\\]|\\.)*"/g, shortQuoted);
  if (short.length <= MESSAGE_LENGTH) return short;
  // The end says how to mend it.
  const half = MESSAGE_LENGTH / 2;
  return `${withoutHalves(short.slice(0, half))}…${withoutHalves(short.slice(-half))}`;
}

/** A text of several lines in one: white space of any length is one space. */
export const singleSpaced = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** A text's beginning, with an ellipsis where more follows. */
export const shorten = (text: string, most: number): string =>
  text.length > most ? `${withoutHalves(text.slice(0, most))}…` : text;

/** A text's beginning and its end, with `gap` for what is between them, if it is longer than both. */
export function withoutMiddle(text: string, head: number, tail: number, gap = (_length: number) => ' … '): string {
  const length = text.length - head - tail;
  return length <= 0 ? text : withoutHalves(text.slice(0, head)) + gap(length) + withoutHalves(text.slice(-tail));
}

const shortQuoted = (quoted: string): string => `"${shorten(quoted.slice(1, -1), VALUE_LENGTH)}"`;

/** A cut may go through an escape or a pair of surrogates. */
const withoutHalves = (text: string): string => text.replace(/\\(u[0-9a-f]{0,3})?$/, '').replace(/\p{Cs}/gu, '');

const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escaped = (character: string): string =>
  NAMED[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
