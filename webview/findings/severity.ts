import type { Severity } from '../../src/protocol/severity.ts';
import { el } from '../dom.ts';

const SVG = 'http://www.w3.org/2000/svg';
/** On 16 × 16 pixels: what is around the sign, and the sign. */
const SHAPES: Record<Severity, readonly [outline: string, sign: string]> = {
  error: ['M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13z', 'M5.5 5.5l5 5M10.5 5.5l-5 5'],
  warning: ['M8 1.8l6.7 12.4H1.3z', 'M8 6v4M8 11.6v1'],
  information: ['M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13z', 'M8 7v4.2M8 4.6v1.1'],
};

/** As the editor's own list of problems has it; what it means is said beside it. */
export function severityIcon(severity: Severity): HTMLElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  for (const d of SHAPES[severity]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return el('span', { class: `severity ${severity}`, 'aria-hidden': 'true' }, svg as unknown as HTMLElement);
}
