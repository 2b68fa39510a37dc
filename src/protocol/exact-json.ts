/**
 * A value of a JSON text as it was written, where JavaScript's own value says less: `5.0`, which Python tells from `5`; integers beyond 2^53; 1e400;
 * -0; and objects whose keys are numbers, which JavaScript puts first. It counts for what leaves this process, through `stringifyExact`.
 */
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
    if (!exact) return this.value;
    exact.texts.push(this.text);
    return `${exact.mark}${exact.texts.length - 1}`;
  }
}

/** While `stringifyExact` runs: what stands in place of the texts, which `JSON.stringify` cannot write itself. */
let exact: { mark: string; texts: string[] } | undefined;

/** As `JSON.stringify`, but the values that are known exactly are written as they were. */
export function stringifyExact(value: unknown): string {
  // Nothing that the value itself holds.
  exact = { mark: `exact ${Math.random()} `, texts: [] };
  const { mark, texts } = exact;
  try {
    const json = JSON.stringify(value);
    if (texts.length === 0) return json;
    return json.replace(new RegExp(`"${mark.replaceAll('.', '\\.')}(\\d+)"`, 'g'), (_, index) => texts[index]!);
  } finally {
    exact = undefined;
  }
}

type JsonObject = Record<string, unknown>;

/** An object that was parsed from `text`, with those of its members exact that JavaScript has not got exactly. */
export function withExact(value: JsonObject, text: string): JsonObject {
  const plain = (member: unknown) => member === null || typeof member === 'string' || typeof member === 'boolean';
  if (Object.values(value).every(plain)) return value;
  const members = { ...value };
  for (const [name, written] of exactMembers(text)) members[name] = new ExactJson(written, value[name]);
  return members;
}

/** As `withExact`, for an object within an object. */
export function withExactMember(value: JsonObject, name: string, text: string): JsonObject {
  const member = withExact(value, text)[name];
  return member instanceof ExactJson ? withExact(member.value as JsonObject, member.text) : (member as JsonObject);
}

/** Of an object's JSON text, the members that have to be known by their text. The text must be valid. */
function* exactMembers(text: string): Generator<[string, string]> {
  const tokens = tokensOf(text);
  tokens.next();
  for (;;) {
    const { value: key = '}' } = tokens.next();
    if (key === ',') continue;
    if (key === '}') return;
    tokens.next();
    const parts: string[] = [];
    let depth = 0;
    let isExact = false;
    do {
      const token: string = tokens.next().value!;
      parts.push(token);
      if (token === '{' || token === '[') depth++;
      else if (token === '}' || token === ']') depth--;
      isExact ||= token === ':' ? NUMBERED.test(parts.at(-2)!) : NUMBER.test(token) && isChanged(token);
    } while (depth > 0);
    if (isExact) yield [JSON.parse(key), parts.join('')];
  }
}

const NUMBER = /^-?\d/;
/** A key that JavaScript takes for an index. */
const NUMBERED = /^"(0|[1-9]\d{0,9})"$/;

const isChanged = (number: string): boolean => JSON.stringify(Number(number)) !== number;

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

/** Behind the quote that closes the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    if (end < 0) return text.length;
    let escapes = 0;
    while (text[end - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return end + 1;
  }
}

/** An integer in such a text that JavaScript rounds; undefined if there is none. */
export function roundedInteger(value: unknown): string | undefined {
  if (!(value instanceof ExactJson)) return undefined;
  for (const token of tokensOf(value.text))
    if (/^-?\d{16,}$/.test(token) && BigInt(token) !== BigInt(Number(token))) return token;
  return undefined;
}
