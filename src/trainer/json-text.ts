import { type ParseErrorCode, printParseErrorCode } from 'jsonc-parser';

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
