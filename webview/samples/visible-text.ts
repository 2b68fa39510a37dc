import { type Child, el } from '../dom.ts';
import { hitsOf, type Range, rangesOf } from '../hits.ts';

/**
 * What cannot be seen in a text and may matter: spaces at its ends and at the ends of its lines, tabs, carriage returns, unusual spaces, and
 * characters that control a terminal or the direction of the text. What joins emoji is seen in what it joins.
 */
const SPECIAL = /(?<![\s\S]) +| +(?=\n|(?![\s\S]))|(?![\n\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** A text with its hits marked and with what cannot be seen made visible; copied, it is the text. */
export function visibleText(text: string, search: string): Child[] {
  const hits = hitsOf(text, search);
  const specials = rangesOf(text, SPECIAL);
  const cuts = [...new Set([0, text.length, ...hits.flat(), ...specials.flat()])].sort((a, b) => a - b);
  const [isHit, isSpecial] = [inside(hits), inside(specials)];
  return cuts.slice(0, -1).map((start, index) => {
    const piece = text.slice(start, cuts[index + 1]);
    const shown = isSpecial(start) ? special(piece) : piece;
    return isHit(start) ? el('mark', {}, shown) : shown;
  });
}

/** Whether an offset is in one of the ranges; asked for offsets that rise. */
function inside(ranges: readonly Range[]): (offset: number) => boolean {
  let next = 0;
  return (offset) => {
    while (next < ranges.length && ranges[next]![1] <= offset) next++;
    return next < ranges.length && ranges[next]![0] <= offset;
  };
}

const GLYPHS: Record<string, string> = { ' ': '·', '\t': '→', '\r': '␍', '\u00a0': '⍽', '\u3000': '□' };

function special(piece: string): HTMLElement {
  const [first = ''] = piece;
  const code = first.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  const glyph = GLYPHS[first];
  // Of a control character nothing would be drawn.
  if (glyph === undefined) return el('span', { class: 'special code', title: `U+${code}` }, `U+${code}`);
  const shown = glyph.repeat(piece.length);
  return el('span', { class: 'special', 'data-shown': shown, title: `U+${code}` }, piece);
}
