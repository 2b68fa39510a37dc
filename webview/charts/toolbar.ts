import { runLabels } from '../compare/run-labels.ts';
import { el, setText } from '../dom.ts';
import { formatCount, formatTime } from '../format.ts';
import type { Store } from '../store.ts';
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
  const showOverlays = () => {
    const shown = [...store.compared.values()];
    const labels = runLabels([...(store.main ? [store.main] : []), ...shown].map(({ head }) => head));
    overlays.replaceChildren(
      ...shown.map(({ head }) => {
        const swatch = el('span', { class: 'swatch dashed' });
        swatch.style.setProperty('--color', readTheme().palette[store.overlayColor(head.folder)]!);
        return el('span', { class: 'overlay', title: formatTime(head.createdAt) }, swatch, labels.get(head.folder)!);
      }),
    );
  };
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
