import { NotSupported } from './errors.ts';

/** Letters whose first-of-a-word form is neither of their two cases, or is one that JavaScript does not give. */
const ODD_TITLE = /[\u01c4-\u01cc\u01f1-\u01f3\u1f80-\u1fff\u10d0-\u10ff]/;

export function upper(text: string): string {
  return text.toUpperCase();
}

export function lower(text: string): string {
  return text.toLowerCase();
}

/** Python's `str.capitalize`. */
export function capitalize(text: string): string {
  const [first] = text;
  if (first === undefined) return '';
  return titleLetter(first) + lower(text).slice(lower(first).length);
}

/** Python's `str.title`: a letter behind one that has a case is lower, others are as the first of a word. */
export function titleWords(text: string): string {
  if (/[Σσ]/.test(text)) throw new NotSupported('"title" of a text with a sigma');
  let title = '';
  let inWord = false;
  for (const character of text) {
    title += inWord ? lower(character) : titleLetter(character);
    inWord = hasCase(character);
  }
  return title;
}

function titleLetter(letter: string): string {
  const large = upper(letter);
  if (large === letter) return letter;
  if (ODD_TITLE.test(letter) || large.length !== letter.length)
    throw new NotSupported(`the letter "${letter}" at the start of a word`);
  return large;
}

function hasCase(character: string): boolean {
  return /\p{Cased}/u.test(character);
}

/** Python's `isupper` and `islower`: no letter of the other case, and one at least of this. */
export function isCased(text: string, wanted: 'upper' | 'lower'): boolean {
  const large = /[\p{Uppercase}\p{Lt}]/u;
  const small = /\p{Lowercase}/u;
  const [own, other] = wanted === 'upper' ? [/\p{Uppercase}/u, /[\p{Lowercase}\p{Lt}]/u] : [small, large];
  return own.test(text) && !other.test(text);
}

/** A text of which only the letters of ASCII are understood. */
export function englishOnly(name: string, text: string): string {
  if (/[^\0-\x7f]/.test(text)) throw new NotSupported(`"${name}" of a text with other letters than those of English`);
  return text;
}
