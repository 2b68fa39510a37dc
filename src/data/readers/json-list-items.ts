import { BadInput, type SourceLocation } from '../../protocol/errors.ts';
import { endOfString } from '../../text/exact-json.ts';

/** An item's text, and the line of the file that it begins on. */
export interface JsonItem {
  text: string;
  line: number;
}

/** Most characters of one item. */
const MOST_OF_ITEM = 64e6;

/**
 * Cuts the text of a JSON list, which comes in pieces, into its items: of a large file no more than a piece and an item are held. It only
 * finds where they end; whether an item is JSON, its parser says.
 */
export class JsonListItems {
  readonly #file: string;
  /** What has been read and not given out; it begins on `#line`. */
  #text = '';
  #line = 1;
  /** How far that has been looked through, and how deep it is nested there: 1 between the items, 0 outside of the list. */
  #at = 0;
  #level = 0;
  #hasOpened = false;
  #hasItems = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** The items that end in the next piece of the text. */
  push(piece: string): JsonItem[] {
    const text = this.#text + piece;
    const items: JsonItem[] = [];
    let start = 0;
    const passTo = (end: number) => {
      this.#line += lineFeedsOf(text, start, end);
      start = end;
    };
    const take = (end: number, isLast: boolean) => {
      passTo(start + spaceAt(text, start, end));
      // `[]` has none; nothing between two commas is a mistake, for the parser to word.
      if (start < end || this.#hasItems || !isLast) items.push({ text: text.slice(start, end), line: this.#line });
      this.#hasItems = true;
      passTo(end + 1);
    };
    let level = this.#level;
    let at = this.#at;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (level === 0 && !isSpace(code)) {
        if (this.#hasOpened) {
          passTo(at);
          throw this.#problem('There is more text after the end of the JSON list; a file has one list.');
        }
        this.#hasOpened = true;
        level = 1;
        passTo(at + 1);
      } else if (code === QUOTE) {
        const end = endOfString(text, at);
        // It may continue in the next piece.
        if (end === text.length) break;
        at = end - 1;
      } else if (code === BRACKET || code === BRACE) level++;
      else if (code === BRACKET_END || code === BRACE_END) {
        if (--level === 0) take(at, true);
      } else if (code === COMMA && level === 1) take(at, false);
    }
    this.#text = text.slice(start);
    this.#at = at - start;
    this.#level = level;
    if (this.#text.length > MOST_OF_ITEM)
      throw this.#problem(`This item of the list has more than ${MOST_OF_ITEM / 1e6} MB; is it the right file?`);
    return items;
  }

  /** Throws BadInput where the list has not ended. */
  end(): void {
    if (this.#level === 0) return;
    throw this.#problem('The JSON list does not end; the file is cut off within this item.');
  }

  #problem(message: string): BadInput {
    const space = spaceAt(this.#text, 0, this.#text.length);
    const at: SourceLocation = { file: this.#file, line: this.#line + lineFeedsOf(this.#text, 0, space) };
    return new BadInput(message, at);
  }
}

const [QUOTE, BRACKET, BRACKET_END, BRACE, BRACE_END, COMMA] = [...'"[]{},'].map((letter) => letter.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
  number,
  number,
];

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

/** How much white space a part of a text begins with. */
function spaceAt(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isSpace(text.charCodeAt(at))) at++;
  return at - start;
}

function lineFeedsOf(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
