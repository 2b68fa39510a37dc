import type { Completion } from '../../src/protocol/dashboard-completion.ts';

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
 * negative, so that colour is not the only sign of it. `largest` is the step's largest advantage. Hollow: no reward.
 */
export function drawMarks(svg: SVGSVGElement, completions: readonly Completion[], largest: number): void {
  const pitch = pitchOf(completions.length);
  svg.setAttribute('width', String(marksWidth(completions.length)));
  svg.replaceChildren();
  completions.forEach(({ advantage, reward, truncated, error }, i) => {
    const size = largest > 0 ? Math.min(1, Math.abs(advantage) / largest) : 0;
    const long = reward === null ? 6 : 2 + size * (HEIGHT / 2 - 3);
    const up = advantage > 0;
    const none = Math.abs(advantage) < 1e-8;
    const bar = document.createElementNS(SVG, 'rect');
    const width = Math.max(1, pitch - (pitch > 4 ? 2 : 0.5));
    const y = reward === null || none ? HEIGHT / 2 - long / 2 : up ? HEIGHT / 2 - long : HEIGHT / 2;
    for (const [name, value] of Object.entries({ x: i * pitch, y, width, height: long }))
      bar.setAttribute(name, String(value));
    const sign = error !== null ? 'failed' : reward === null ? 'absent' : none ? 'zero' : up ? 'up' : 'down';
    bar.setAttribute('class', `mark ${sign}${truncated ? ' truncated' : ''}`);
    if (sign === 'up' || sign === 'down') bar.style.opacity = String(0.45 + 0.55 * size);
    svg.append(bar);
    if (truncated) {
      const cut = document.createElementNS(SVG, 'rect');
      for (const [name, value] of Object.entries({ x: i * pitch, y: HEIGHT - 2, width, height: 2 }))
        cut.setAttribute(name, String(value));
      cut.setAttribute('class', 'mark cut');
      svg.append(cut);
    }
  });
}
