import { BadInput } from '../protocol/errors.ts';
import { REWARD_FILE, readBytes } from './open-file.ts';
import { decodeText } from './text.ts';

/** Texts in an editor by the absolute path of their files. */
export type EditedTexts = ReadonlyMap<string, string>;

/** A file of the user's and its text. */
export interface SourceText {
  file: string;
  text: string;
}

/** PEP 263's line about a file's encoding, one of its first two. */
const CODING = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/;

/** Python's names of encodings by those of the web, for the ones that are the same. */
const ENCODINGS: Record<string, string> = {
  'iso-8859-15': 'iso-8859-15',
  'latin-9': 'iso-8859-15',
  cp1251: 'windows-1251',
  'windows-1251': 'windows-1251',
  'koi8-r': 'koi8-r',
};

/** The text of a reward's source, as its language reads it. Throws BadInput where that cannot be determined. */
export const readSource = (file: string): string => decodeSource(readBytes(file, REWARD_FILE), file);

/** The text of a source's bytes: UTF-8, or the encoding that a Python file declares. */
export function decodeSource(bytes: Buffer, file: string): string {
  const coding = file.endsWith('.py') ? codingOf(bytes) : undefined;
  if (coding === undefined || /^utf-?8(-sig)?$/.test(coding)) return decodeText(bytes, file);
  if (/^(latin-?1|l1|iso-?8859-1)$/.test(coding)) return bytes.toString('latin1');
  // What only holds letters of ASCII is the same in all of them.
  if (bytes.every((byte) => byte < 128)) return bytes.toString('latin1');
  if (/^(cp|windows-)1252$/.test(coding)) return decodeWindows(bytes);
  const encoding = ENCODINGS[coding];
  if (encoding === undefined)
    throw new BadInput(`This file names its encoding as ${coding}, which cannot be read here; save it as UTF-8.`, {
      file,
    });
  return new TextDecoder(encoding, { fatal: true }).decode(bytes);
}

/** Its letters from 0x80 to 0x9f; the rest is Latin-1. Not TextDecoder's, which in some versions of Node.js takes them for control characters. */
const WINDOWS = '€\uFFFD‚ƒ„…†‡ˆ‰Š‹Œ\uFFFDŽ\uFFFD\uFFFD‘’“”•–—˜™š›œ\uFFFDžŸ';

const decodeWindows = (bytes: Buffer): string =>
  bytes.toString('latin1').replace(/[\x80-\x9f]/g, (letter) => WINDOWS[letter.charCodeAt(0) - 0x80]!);

function codingOf(bytes: Buffer): string | undefined {
  const [first = '', second = ''] = bytes.toString('latin1', 0, 4096).split(/\r\n|\r|\n/, 2);
  // The second line counts below a comment or an empty one.
  const found = CODING.exec(first) ?? (/^[ \t\f]*(#|$)/.test(first) ? CODING.exec(second) : null);
  return found?.[1]?.toLowerCase().replaceAll('_', '-');
}
