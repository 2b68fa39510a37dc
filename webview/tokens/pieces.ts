import type { CompletionTokens } from '../../src/protocol/completion-tokens.ts';

/** What of a completion's text each token writes. */
export interface Piece {
  text: string;
  /** It writes no text of its own: a special token, or a part of a character that the next one ends. */
  silent: boolean;
}

/** Without ends, tokens are shown by their ids alone. */
export function piecesOf(completion: string, { ids, ends }: CompletionTokens): Piece[] {
  return ids.map((id, token) => {
    const text = ends ? completion.slice(token === 0 ? 0 : ends[token - 1]!, ends[token]!) : '';
    return text === '' ? { text: `⟨${id}⟩`, silent: true } : { text, silent: false };
  });
}

/** A piece that can be seen: line breaks stay, and have a sign. */
export const visible = (text: string): string => text.replaceAll('\n', '↵\n').replaceAll('\t', '→\t');
