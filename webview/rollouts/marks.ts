import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { barsOf, type Group } from './model.ts';

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 24;
const LONGEST = 96;

/** An empty picture of a group's completions. */
export function marksPicture(): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'marks');
  svg.setAttribute('height', String(HEIGHT));
  svg.setAttribute('aria-hidden', 'true');
  return svg;
}

const pitchOf = (count: number): number => Math.min(10, LONGEST / count);

/** How wide the picture of so many completions is, in CSS pixels. */
export const marksWidth = (count: number): number => Math.ceil(pitchOf(count) * count);

/**
 * Draws a group's completions as bars, in the order in which they are given: up from the middle where the advantage is positive, down where it is
 * negative, so that colour is not the only sign of it; both ways where process supervision gave tokens of both kinds. `largest` is the step's
 * largest advantage. Hollow: no reward.
 */
export function drawGroup(
  svg: SVGSVGElement,
  { completions, kept }: Pick<Group, 'completions' | 'kept'>,
  largest: number,
): void {
  // In a step that trains nothing, what is kept stands out, and advantages mean nothing.
  const shown = kept && completions.map((row) => ({ ...row, advantage: kept.has(row) ? 1 : 0 }));
  drawMarks(svg, shown ?? completions, shown ? 1 : largest);
}

/** As `drawGroup`, of completions of a step that learns from them. */
export function drawMarks(svg: SVGSVGElement, completions: readonly Completion[], largest: number): void {
  const pitch = pitchOf(completions.length);
  const width = Math.max(1, pitch - (pitch > 4 ? 2 : 0.5));
  svg.setAttribute('width', String(marksWidth(completions.length)));
  svg.replaceChildren();
  completions.forEach((completion, i) => {
    const { reward, error, truncated } = completion;
    const draw = (sign: string, y: number, height: number): SVGElement => {
      const bar = document.createElementNS(SVG, 'rect');
      for (const [name, value] of Object.entries({ x: i * pitch, y, width, height }))
        bar.setAttribute(name, String(value));
      bar.setAttribute('class', `mark ${sign}`);
      svg.append(bar);
      return bar;
    };
    for (const { way, share } of barsOf(completion, largest)) {
      const long = reward === null ? 6 : 2 + share * (HEIGHT / 2 - 3);
      const y = HEIGHT / 2 - (way === 'up' ? long : way === 'down' ? 0 : long / 2);
      const sign = error !== null ? 'failed' : reward === null ? 'absent' : way;
      const bar = draw(`${sign}${truncated ? ' truncated' : ''}`, y, long);
      if (sign === 'up' || sign === 'down') bar.style.opacity = String(0.45 + 0.55 * share);
    }
    if (truncated) draw('cut', HEIGHT - 2, 2);
  });
}
