import type { RunHead } from '../../src/protocol/dashboard.ts';
import { runLabels } from '../compare/run-labels.ts';
import { el, setText } from '../dom.ts';
import { formatTime } from '../format.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { Store } from '../store.ts';
import { onThemeChange, readTheme } from './theme.ts';
import { rangeText, X_AXES, type XAxis } from './x-axis.ts';

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
  const axis = el(
    'select',
    { id: 'x-axis', onchange: () => store.setLayout({ axis: axis.value as XAxis }) },
    ...Object.entries(X_AXES).map(([value, name]) => el('option', { value }, name)),
  );
  const range = el('span', { class: 'muted' });
  const reset = el('button', { class: 'flat', onclick: () => store.setLayout({ range: null }) }, 'Show All');
  const update = () => {
    const { smoothing, range: zoomed } = store.layout;
    axis.value = store.layout.axis;
    setText(value, smoothing === 0 ? 'off' : String(smoothing));
    reset.hidden = zoomed === null;
    setText(range, zoomed ? rangeText(store.layout.axis, zoomed) : 'Drag to zoom · click a step to see its groups');
  };
  const overlays = el('span', { class: 'overlays' });
  const legend = new KeyedList<Overlay>(overlays, ({ head }) => head.folder, overlayLegend);
  const showOverlays = () => {
    const shown = [...store.compared.values()];
    const labels = runLabels([...(store.main ? [store.main] : []), ...shown].map(({ head }) => head));
    legend.show(
      shown.map(({ head }) => ({ head, label: labels.get(head.folder)!, color: store.overlayColor(head.folder) })),
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
    { class: 'bar toolbar', role: 'toolbar', 'aria-label': 'Charts' },
    el('label', { for: 'smoothing' }, 'Smoothing'),
    slider,
    value,
    el('label', { for: 'x-axis' }, 'X axis'),
    axis,
    overlays,
    el('span', { class: 'spacer' }),
    range,
    reset,
    el('button', { class: 'flat', onclick: exportAll }, 'Export Metrics (CSV)'),
  );
}

interface Overlay {
  head: RunHead;
  label: string;
  /** Index into the palette. */
  color: number;
}

function overlayLegend(): Row<Overlay> {
  const swatch = el('span', { class: 'swatch dashed' });
  const name = el('span');
  const element = el('span', { class: 'overlay' }, swatch, name);
  const update = ({ head, label, color }: Overlay) => {
    swatch.style.setProperty('--color', readTheme().palette[color]!);
    setText(name, label);
    element.title = formatTime(head.createdAt);
  };
  return { element, update };
}
