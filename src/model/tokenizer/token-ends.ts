import type { Tokenizer } from './tokenizer.ts';

/** Tokens that may wait for the rest of a character: an emoji of several code points has some dozen bytes. */
const LONGEST_CHARACTER = 32;

/** What each token writes by itself. */
const pieces = new WeakMap<Tokenizer, Map<number, string>>();

/**
 * How many characters (UTF-16 units) of `text` the first i + 1 tokens write, for each token i of the completion whose text it is.
 *
 * Where the tokens by themselves make up the text, that is quickly counted. Otherwise they are decoded a few at a time, since a decoder looks at
 * the token before (SentencePiece's first space) and at the bytes of an unfinished character: linear in the completion's length, where decoding
 * every prefix would be quadratic.
 */
export function tokenEnds(ids: readonly number[], text: string, tokenizer: Tokenizer): number[] {
  return tokenizer.withinOneLimit(ids.length, () => {
    const own = ownEnds(ids, text, tokenizer) ?? windowEnds(ids, text, tokenizer);
    // A decoder that looks further: exact, and slower.
    return own ?? ids.map((_, token) => decoded(ids.slice(0, token + 1), tokenizer).length);
  });
}

const decoded = (ids: readonly number[], tokenizer: Tokenizer) => tokenizer.decode(ids, { skipSpecialTokens: true });

/** The ends, if each token writes in this text what it writes by itself. */
function ownEnds(ids: readonly number[], text: string, tokenizer: Tokenizer): number[] | undefined {
  const known = pieces.get(tokenizer) ?? new Map<number, string>();
  pieces.set(tokenizer, known);
  const ends: number[] = [];
  let written = 0;
  for (const id of ids) {
    const piece = known.get(id) ?? decoded([id], tokenizer);
    known.set(id, piece);
    if (!text.startsWith(piece, written)) return undefined;
    written += piece.length;
    ends.push(written);
  }
  return written === text.length ? ends : undefined;
}

/** The ends, if each token's text depends on the few tokens before it only. */
function windowEnds(ids: readonly number[], text: string, tokenizer: Tokenizer): number[] | undefined {
  const ends: number[] = [];
  // Text is known up to token `known`; it is decoded from `start` on, so that the first new token has others before it.
  let [start, known, written] = [0, 0, 0];
  for (let token = 1; token <= ids.length; token++) {
    const before = decoded(ids.slice(start, known), tokenizer);
    const now = decoded(ids.slice(start, token), tokenizer);
    const unfinished = now.endsWith('\uFFFD') && token - known < LONGEST_CHARACTER;
    if (!unfinished) {
      written += now.length - before.length;
      [start, known] = [known, token];
    }
    ends.push(written);
  }
  return written === text.length ? ends : undefined;
}
