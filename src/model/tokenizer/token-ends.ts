import type { Tokenizer } from './tokenizer.ts';

/** What each token writes alone. */
const pieces = new WeakMap<Tokenizer, Map<number, string>>();

/**
 * How many characters (UTF-16 units) of `text` the first i + 1 tokens write, for each token i of the completion whose text it is. A character of
 * several tokens is written by the last of them.
 *
 * Where the tokens by themselves make up the text, that is quickly counted. Otherwise they are decoded a few at a time, since a decoder looks at
 * the token before (SentencePiece's first space) and at the bytes of an unfinished character: linear in the completion's length, where decoding
 * every prefix would be quadratic.
 */
export function tokenEnds(ids: readonly number[], text: string, tokenizer: Tokenizer): number[] {
  // Of nothing but bytes that are no characters, every prefix is decoded.
  return tokenizer.withinOneLimit(ids.length ** 2, () => {
    const own = ownEnds(ids, text, tokenizer) ?? windowEnds(ids, text, tokenizer);
    // A decoder that looks further: exact, and slower.
    return own ?? ids.map((_, token) => decoded(ids.slice(0, token + 1), tokenizer).length);
  });
}

const decoded = (ids: readonly number[], tokenizer: Tokenizer) => tokenizer.decode(ids, { skipSpecialTokens: true });

function pieceOf(id: number, tokenizer: Tokenizer): string {
  const known = pieces.get(tokenizer) ?? new Map<number, string>();
  pieces.set(tokenizer, known);
  const piece = known.get(id) ?? decoded([id], tokenizer);
  known.set(id, piece);
  return piece;
}

/** The ends, if each token writes in this text what it writes alone. */
function ownEnds(ids: readonly number[], text: string, tokenizer: Tokenizer): number[] | undefined {
  const ends: number[] = [];
  let written = 0;
  for (const id of ids) {
    const piece = pieceOf(id, tokenizer);
    if (!text.startsWith(piece, written)) return undefined;
    written += piece.length;
    ends.push(written);
  }
  return written === text.length ? ends : undefined;
}

/** The ends, if each token's text depends on the token before it only, or on all back to one that is whole characters. */
function windowEnds(ids: readonly number[], text: string, tokenizer: Tokenizer): number[] | undefined {
  const ends: number[] = [];
  // `written` is known up to token `known`; what follows is decoded from `start` on, so that it has a token before it.
  let [start, known, before, written, shown] = [0, 0, 0, 0, 0];
  for (let token = 1; token <= ids.length; token++) {
    const now = decoded(ids.slice(start, token), tokenizer);
    const end = written + now.length - before;
    const isUnfinished = now.endsWith('\uFFFD') && token < ids.length;
    if (!isUnfinished) shown = end;
    ends.push(shown);
    if (pieceOf(ids[token - 1]!, tokenizer).includes('\uFFFD')) continue;
    [start, known, written] = [known, token, end];
    before = decoded(ids.slice(start, known), tokenizer).length;
  }
  return shown === text.length ? ends : undefined;
}
