import type { Tokenizer } from './tokenizer.ts';

/** Tokens that may wait for the rest of a character: an emoji of several code points has some dozen bytes. */
const LONGEST_CHARACTER = 32;

/**
 * How many characters (UTF-16 units) of `text` the first i + 1 tokens write, for each token i of the completion whose text it is.
 *
 * Decoded a few tokens at a time, since a decoder looks at the token before (SentencePiece's first space) and at the bytes of an unfinished
 * character: linear in the completion's length, where decoding every prefix would be quadratic.
 */
export function tokenEnds(ids: readonly number[], text: string, tokenizer: Tokenizer): number[] {
  const decode = (start: number, end: number) => tokenizer.decode(ids.slice(start, end), { skipSpecialTokens: true });
  const ends: number[] = [];
  // Text is known up to token `known`; it is decoded from `start` on, so that the first new token has others before it.
  let [start, known, written] = [0, 0, 0];
  for (let token = 1; token <= ids.length; token++) {
    const before = decode(start, known);
    const now = decode(start, token);
    const unfinished = now.endsWith('\uFFFD') && token - known < LONGEST_CHARACTER;
    if (!unfinished) {
      written += now.length - before.length;
      [start, known] = [known, token];
    }
    ends.push(written);
  }
  if (written === text.length) return ends;
  // A decoder that looks further: exact, and slower.
  return ids.map((_, token) => decode(0, token + 1).length);
}
