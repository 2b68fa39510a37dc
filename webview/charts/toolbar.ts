import { type Overlay, overlays } from '../compare/overlays.ts';
import { el, setText } from '../dom.ts';
import { exportMenu } from '../export/export-menu.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { Store } from '../store.ts';
import { onThemeChange, readTheme } from './theme.ts';
import { rangeText, X_AXES, type XAxis } from './x-axis.ts';

/** What holds for all charts: smoothing, zoom, and the export of the run. */
export function toolbar(store: Store): HTMLElement {
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
  const axis = el(
    'select',
    { id: 'x-axis', onchange: () => store.setLayout({ axis: axis.value as XAxis }) },
    ...Object.entries(X_AXES).map(([value, name]) => el('option', { value }, name)),
  );
  const range = el('span', { class: 'muted hint' });
  const reset = el('button', { class: 'flat', onclick: () => store.setLayout({ range: null }) }, 'Show All');
  const update = () => {
    const { smoothing, range: zoomed } = store.layout;
    axis.value = store.layout.axis;
    setText(value, smoothing === 0 ? 'off' : String(smoothing));
    reset.hidden = zoomed === null;
    setText(range, zoomed ? rangeText(store.layout.axis, zoomed) : 'Drag to zoom · click a step to see its groups');
  };
  const list = el('span', { class: 'overlays' });
  const legend = new KeyedList<Overlay>(list, ({ id }) => id, overlayLegend);
  const showOverlays = () => {
    legend.show(overlays(store));
  };
  onThemeChange(showOverlays);
  store.subscribe((changes) => {
    if (changes.has('layout')) update();
    if (changes.has('compared') || changes.has('layout')) showOverlays();
  });
  update();
  return el(
    'div',
    { class: 'bar toolbar', role: 'toolbar', 'aria-label': 'Charts' },
    el('label', { for: 'smoothing' }, 'Smoothing'),
    slider,
    value,
    el('label', { for: 'x-axis' }, 'X axis'),
    axis,
    list,
    range,
    reset,
    exportMenu(store),
  );
}

function overlayLegend(): Row<Overlay> {
  const swatch = el('span', { class: 'swatch dashed' });
  const name = el('span');
  const element = el('span', { class: 'overlay' }, swatch, name);
  const update = ({ label, color }: Overlay) => {
    swatch.style.setProperty('--color', readTheme().palette[color]!);
    setText(name, label);
  };
  return { element, update };
}
