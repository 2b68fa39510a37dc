import { own } from './own.ts';

/**
 * What JSON says and JavaScript's values do not: how a number is written (5.0 is a float in Python and 5 an int, ints have all their digits,
 * 1e400 and -0 are none of JavaScript's), and in which order keys such as "10" and "9" come. Python's json keeps both. Here they are kept beside the
 * objects that were parsed, for as long as those live: for chat templates, which print them, and for all that leaves this process
 * through `stringifyExact`. An object that was put together from others keeps what is inside them; of its own numbers, see `withExact`.
 */
interface Source {
  /** By key, the numbers whose text matters. */
  numbers: Map<string, string>;
  /** Where it is not the order of `Object.keys`. */
  keys?: string[];
}
const sources = new WeakMap<object, Source>();

type JsonObject = Record<string, unknown>;

/** What such JSON looks like; in a text it does no harm. */
const TELLING = /\d[.eE]|\d{16}|-0|"\d+"\s*:/;
const NUMBER = /^-?\d/;

/** `JSON.parse`, which also keeps what JavaScript's values lose. Throws SyntaxError. */
export function parseExact(json: string): unknown {
  const value: unknown = JSON.parse(json);
  rememberExact(json, value);
  return value;
}

/** Keeps what `value`, which was parsed from this JSON, has lost. */
export function rememberExact(json: string, value: unknown): void {
  try {
    const tokens = tokensOf(json);
    if (TELLING.test(json)) remember(tokens.next().value!, tokens, value);
  } catch (error) {
    // Nested by the thousand: nothing prints that.
    if (!(error instanceof RangeError)) throw error;
  }
}

/** Keeps how numbers of an object that comes from elsewhere than JSON would be written in it, by key: what a column calls a float is one in Python, 5.0. */
export function rememberNumbers(owner: object, numbers: Map<string, string>): void {
  sources.set(owner, { numbers });
}

/** How the number `owner[key]` was written, where that matters. */
export function numberText(owner: object, key: string | number): string | undefined {
  const text = sources.get(owner)?.numbers.get(String(key));
  // Unless it has been changed since.
  return text !== undefined && Number(text) === (owner as JsonObject)[key] ? text : undefined;
}

/** The keys in the order in which they were written. */
export function keysOf(owner: object): string[] {
  const keys = sources.get(owner)?.keys;
  return keys ? keys.filter((key) => Object.hasOwn(owner, key)) : Object.keys(owner);
}

/** An object with further fields before and behind those of another one, which it keeps as they were written. */
export function withFields(before: object, owner: object, behind: object): JsonObject {
  const fields = { ...before, ...owner, ...behind };
  const source = sources.get(owner);
  if (source) {
    const keys = source.keys && [...new Set([...Object.keys(before), ...source.keys, ...Object.keys(behind)])];
    sources.set(fields, { numbers: source.numbers, ...(keys && { keys }) });
  }
  return fields;
}

/** A value together with how it was written, which it keeps wherever it is copied to. It counts for `stringifyExact` only. */
export class ExactJson {
  /** Without white space. */
  readonly text: string;
  /** What JavaScript makes of it. */
  readonly value: unknown;

  constructor(text: string, value: unknown) {
    this.text = text;
    this.value = value;
  }

  toJSON(): unknown {
    return this.value;
  }
}

/** A parsed object, with those of its members as `ExactJson` that JavaScript has not got exactly: they may be put into other objects. */
export function withExact(value: JsonObject): JsonObject {
  const members = Object.entries(value).map(([name, member]) => {
    const text = numberText(value, name) ?? (holdsExact(member) ? stringifyExact(member) : undefined);
    return [name, text === undefined ? member : new ExactJson(text, member)];
  });
  return Object.fromEntries(members);
}

/** As `JSON.stringify`, but what was parsed is written as it was, without white space. */
export function stringifyExact(value: unknown): string {
  if (value instanceof ExactJson) return value.text;
  if (!holdsExact(value)) return JSON.stringify(value);
  const owner = value as JsonObject;
  const written = (key: string): string | undefined => numberText(owner, key) ?? stringifyExact(owner[key]);
  if (Array.isArray(value)) return `[${value.map((_, index) => written(String(index)) ?? 'null').join(',')}]`;
  const members = keysOf(owner).flatMap((key) => {
    const text = written(key);
    return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
  });
  return `{${members.join(',')}}`;
}

/** An integer in such a text that JavaScript rounds; undefined if there is none. */
export function roundedInteger(value: unknown): string | undefined {
  if (!(value instanceof ExactJson)) return undefined;
  for (const token of tokensOf(value.text))
    if (/^-?\d{16,}$/.test(token) && BigInt(token) !== BigInt(Number(token))) return token;
  return undefined;
}

function holdsExact(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof ExactJson || sources.has(value) || Object.values(value).some(holdsExact);
}

/** Goes through one value's tokens, of which the first has been read. */
function remember(first: string, tokens: Iterator<string, undefined>, value: unknown): void {
  if (first !== '{' && first !== '[') return;
  const numbers = new Map<string, string>();
  const keys = new Set<string>();
  let index = 0;
  for (let token = tokens.next().value; token && token !== '}' && token !== ']'; token = tokens.next().value) {
    if (token === ',') continue;
    const key: string = first === '{' ? JSON.parse(token) : String(index++);
    if (first === '{') {
      tokens.next(); // the colon
      token = tokens.next().value!;
    }
    keys.add(key);
    // Of a key that is there twice, the last one counts.
    numbers.delete(key);
    if (!NUMBER.test(token)) remember(token, tokens, own(value as JsonObject, key));
    else if (isTelling(token)) numbers.set(key, token);
  }
  if (typeof value !== 'object' || value === null) return;
  const written = [...keys];
  const isReordered = Object.keys(value).some((key, at) => key !== written[at]);
  if (numbers.size > 0 || isReordered) sources.set(value, { numbers, ...(isReordered && { keys: written }) });
  else sources.delete(value);
}

/** JavaScript would write it otherwise, or from its value nobody can tell whether there were other digits. */
function isTelling(text: string): boolean {
  const number = Number(text);
  return JSON.stringify(number) !== text || Math.abs(number) > Number.MAX_SAFE_INTEGER;
}

/** Strings, numbers, names and each of `{}[],:`, without the white space. */
function* tokensOf(text: string): Generator<string, undefined> {
  const other = /[^\s"{}[\],:]+/y;
  for (let at = 0; at < text.length; ) {
    const first = text[at]!;
    const start = at;
    if (first === '"') at = endOfString(text, at);
    else if ('{}[],:'.includes(first)) at++;
    else {
      other.lastIndex = at;
      if (!other.test(text)) {
        at++;
        continue;
      }
      at = other.lastIndex;
    }
    yield text.slice(start, at);
  }
}

/** Behind the quote that closes the string which begins at `start`; the text's end where none does. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    if (end < 0) return text.length;
    let escapes = 0;
    while (text[end - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return end + 1;
  }
}
