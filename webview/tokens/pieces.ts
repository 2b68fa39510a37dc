import type { CompletionTokens } from '../../src/protocol/completion-tokens.ts';
import { visible as escaped } from '../../src/text/visible.ts';

/** What of a completion's text each token writes. */
export interface Piece {
  text: string;
  /** It writes no text of its own: a special token, or a part of a character that the next one ends. */
  silent: boolean;
}

/** Without ends, tokens are shown by their ids alone. `ended`: the last one is the end-of-sequence token, as the completion was not cut off. */
export function piecesOf(completion: string, { ids, ends }: CompletionTokens, ended = false): Piece[] {
  return ids.map((id, token) => {
    const text = ends ? completion.slice(token === 0 ? 0 : ends[token - 1]!, ends[token]!) : '';
    if (text !== '') return { text, silent: false };
    return { text: ends && ended && token === ids.length - 1 ? '⟨end⟩' : `⟨${id}⟩`, silent: true };
  });
}

/** Joiners, variation selectors and the like: a token of nothing else would be an empty box. */
const FORMAT_ONLY = /^(\p{Cf}|\p{Variation_Selector})+$/u;

/** A piece that can be seen: line breaks and tabs stay, and have a sign; what has no sign is shown as its code. */
export const visible = (text: string): string =>
  FORMAT_ONLY.test(text)
    ? [...text].map(codeOf).join('')
    : escaped(text).replaceAll('\n', '↵\n').replaceAll('\t', '→\t');

const codeOf = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`;
