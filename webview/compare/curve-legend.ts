import { el, setText } from '../dom.ts';
import type { Row } from '../keyed-list.ts';
import type { Overlay } from './overlays.ts';

export interface LegendRow {
  curve: Overlay;
  color: string;
  value: string;
}

/** A run with its value where the cursor is. */
export function legendRow(): Row<LegendRow> {
  const swatch = el('span', { class: 'swatch' });
  const name = el('span', { class: 'legend-name' });
  const about = el('span', { class: 'muted' });
  const value = el('span', { class: 'value' });
  const update = ({ curve, color, value: text }: LegendRow) => {
    swatch.style.setProperty('--color', color);
    swatch.classList.toggle('dashed', !curve.band && !curve.own);
    setText(name, curve.label);
    setText(about, curve.band ? 'band: lowest to highest seed' : curve.own ? 'this run' : '');
    setText(value, text);
  };
  return { element: el('li', {}, swatch, name, about, value), update };
}
