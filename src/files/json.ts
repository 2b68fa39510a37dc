import { type ParseErrorCode, printParseErrorCode, visit } from 'jsonc-parser';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { endOfString } from '../text/exact-json.ts';
import { notFiniteAt } from '../text/not-finite.ts';

/** Deeper than anything that a person or a program writes; what walks over values, here and in Python, calls itself for each level. */
export const MOST_LEVELS = 200;

/**
 * Parses JSON of the user's. `place` is where the text begins. Throws BadInput at line and column for what is no JSON or nested too deep,
 * and for half a character, which would become another one on its way to the model. `advice` is what its sentence ends with: what to do
 * about such a file.
 */
export function parseJson(text: string, place: SourceLocation, advice?: string): unknown {
  const end = advice === undefined ? '.' : `; ${advice}`;
  const deep = deepAt(text);
  if (deep !== undefined) throw new BadInput(`${TOO_DEEP}${end}`, within(text, deep, place));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notJson(text, place, end);
  }
  // Most escapes of this kind are whole pairs, which is not seen from one alone.
  if (/\\u[dD][89a-fA-F]/.test(text) && hasHalfCharacter(value)) {
    const message =
      'A text here has half of a surrogate pair (such as "\\ud83d" alone), which is no character; remove it';
    throw new BadInput(`${message}${end}`, place);
  }
  return value;
}

/** Line and column (from 1, columns in UTF-16 units as editors count) of an offset in a text. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** jsonc-parser's `CommaExpected` as words: "comma expected". */
export function syntaxErrorWords(code: ParseErrorCode): string {
  return printParseErrorCode(code)
    .replace(/(?!^)[A-Z]/g, (letter) => ` ${letter}`)
    .toLowerCase();
}

/** Where a JSON text is nested too deep; undefined where it is not. Takes any text, in one pass. */
function deepAt(text: string): number | undefined {
  let level = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at) - 1;
    else if (code === BRACKET || code === BRACE) {
      if (++level > MOST_LEVELS) return at;
    } else if (code === BRACKET_END || code === BRACE_END) level--;
  }
  return undefined;
}

const TOO_DEEP = `This is nested more than ${MOST_LEVELS} levels deep; flatten it`;
export const tooDeep = `${TOO_DEEP}.`;

const [QUOTE, BRACKET, BRACKET_END, BRACE, BRACE_END] = [...'"[]{}'].map((letter) => letter.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
  number,
];

function hasHalfCharacter(value: unknown): boolean {
  if (typeof value === 'string') return /\p{Cs}/u.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => hasHalfCharacter(key) || hasHalfCharacter(inner));
}

/** JSON.parse does not say where it stopped; jsonc-parser does. */
function notJson(text: string, place: SourceLocation, end: string): BadInput {
  let first: { error: ParseErrorCode; offset: number } | undefined;
  const stop = new Error('the first error is enough');
  try {
    visit(
      text,
      {
        onError(error, offset) {
          first = { error, offset };
          throw stop;
        },
      },
      { disallowComments: true },
    );
  } catch (error) {
    if (error !== stop) throw error;
  }
  if (!first) return new BadInput(`This is not valid JSON${end}`, place);
  const words = notFiniteAt(text, first.offset) ?? `This is not valid JSON: ${syntaxErrorWords(first.error)}`;
  return new BadInput(`${words}${end}`, within(text, first.offset, place));
}

/** An offset of a text that begins at a line of a file. */
function within(text: string, offset: number, { file, line: first = 1 }: SourceLocation): SourceLocation {
  const { line, column } = lineAndColumn(text, offset);
  return { file, line: first + line - 1, column };
}
