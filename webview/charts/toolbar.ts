import { el, setText } from '../dom.ts';
import { formatCount, formatTime } from '../format.ts';
import type { Store } from '../store.ts';
import { overlayColor } from './overlay-color.ts';
import { onThemeChange, readTheme } from './theme.ts';

/** What holds for all charts: smoothing, zoom, and the export of all numbers. */
export function toolbar(store: Store, exportAll: () => void): HTMLElement {
  const value = el('output', { for: 'smoothing', class: 'muted' });
  const slider = el('input', {
    id: 'smoothing',
    type: 'range',
    min: 0,
    max: 0.99,
    step: 0.01,
    oninput: () => store.setLayout({ smoothing: Number(slider.value) }),
  });
  slider.value = String(store.layout.smoothing);
  const range = el('span', { class: 'muted' });
  const reset = el('button', { class: 'flat', onclick: () => store.setLayout({ range: null }) }, 'Show all steps');
  const update = () => {
    const { smoothing, range: zoomed } = store.layout;
    setText(value, smoothing === 0 ? 'off' : String(smoothing));
    reset.hidden = zoomed === null;
    setText(
      range,
      zoomed
        ? `Steps ${formatCount(zoomed[0])} to ${formatCount(zoomed[1])}`
        : 'Drag to zoom, click a step for its groups',
    );
  };
  const overlays = el('span', { class: 'overlays' });
  const showOverlays = () =>
    overlays.replaceChildren(
      ...[...store.compared.values()].map(({ head }, index) => {
        const swatch = el('span', { class: 'swatch dashed' });
        swatch.style.setProperty('--color', readTheme().palette[overlayColor(index)]!);
        return el(
          'span',
          { class: 'overlay' },
          swatch,
          head.name,
          el('span', { class: 'muted' }, formatTime(head.createdAt)),
        );
      }),
    );
  onThemeChange(showOverlays);
  store.subscribe((changes) => {
    if (changes.has('layout')) update();
    if (changes.has('compared')) showOverlays();
  });
  update();
  return el(
    'div',
    { class: 'bar toolbar', role: 'toolbar', 'aria-label': 'Curves' },
    el('label', { for: 'smoothing' }, 'Smoothing'),
    slider,
    value,
    overlays,
    el('span', { class: 'spacer' }),
    range,
    reset,
    el('button', { class: 'flat', onclick: exportAll }, 'Export all as CSV'),
  );
}
