/**
 * The merges of a SentencePiece BPE, which keeps a score for each piece in their place: each way of making a piece of two others, best score
 * first, and of the same score those with the longest left part first.
 *
 * Source: `generate_merges` of transformers 5.23, so that merges are in its order, ties included.
 */
export function sentencePieceMerges(pieces: Iterable<readonly [piece: string, score: number]>): [string, string][] {
  const scores = new Map(pieces);
  const merges: { left: string; right: string; score: number; leftLength: number; rightLength: number }[] = [];
  for (const [piece, score] of scores) {
    // Longest left part first: what is almost in order is quickly sorted.
    let rightLength = 0;
    for (let at = piece.length - 1; at > 0; at--) {
      if (isSecondHalf(piece.charCodeAt(at))) continue;
      rightLength++;
      const left = piece.slice(0, at);
      if (!scores.has(left)) continue;
      const right = piece.slice(at);
      if (scores.has(right)) merges.push({ left, right, score, leftLength: characters(left), rightLength });
    }
  }
  merges.sort((a, b) => b.score - a.score || b.leftLength - a.leftLength || b.rightLength - a.rightLength);
  return merges.map(({ left, right }) => [left, right]);
}

function characters(text: string): number {
  let count = text.length;
  for (let at = 1; at < text.length; at++) if (isSecondHalf(text.charCodeAt(at))) count--;
  return count;
}

/** Of a character of two UTF-16 units. */
const isSecondHalf = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
