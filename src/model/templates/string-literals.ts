import { NotSupported, TemplateError } from './errors.ts';

const SIMPLE: Record<string, string> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
const ESCAPE = /\\(?:([\n\\'"abfnrtv])|([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([xuUN])|.|$)/gs;

/**
 * The contents of a string literal. Jinja2 turns all that is not ASCII into escapes first and then reads the escapes, so that a
 * backslash before such a character leaves the escape's own characters.
 */
export function unescapeString(contents: string, line: number): string {
  const escaped = contents.replace(/[^\0-\x7f]/gu, (character) => {
    const code = character.codePointAt(0)!;
    if (code <= 0xff) return `\\x${hex(code, 2)}`;
    return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  });
  return escaped.replace(ESCAPE, (whole, simple, octal, x, u, long, named) => {
    if (simple !== undefined) return SIMPLE[simple]!;
    if (named === 'N') throw new NotSupported('the escape \\N in a string', line);
    if (named !== undefined) throw new TemplateError(`the escape \\${named} in a string is cut short`, line);
    const digits = x ?? u ?? long;
    if (octal === undefined && digits === undefined) return whole;
    const code = octal === undefined ? Number.parseInt(digits, 16) : Number.parseInt(octal, 8);
    if (code > 0x10ffff) throw new TemplateError('an escape in a string is no character', line);
    if (code >= 0xd800 && code <= 0xdfff) throw new NotSupported('half of a surrogate pair in a string', line);
    return String.fromCodePoint(code);
  });
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
