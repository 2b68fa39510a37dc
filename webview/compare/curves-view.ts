import './curves-view.css';
import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { Curves } from '../charts/curves.ts';
import { Plot } from '../charts/plot.ts';
import { onThemeChange, readTheme } from '../charts/theme.ts';
import { X_AXES, type XAxis, xText } from '../charts/x-axis.ts';
import { el, setChildren, setText } from '../dom.ts';
import { KeyedList } from '../keyed-list.ts';
import type { Store } from '../store.ts';
import { comparisonCurves } from './comparison-curves.ts';
import { type LegendRow, legendRow } from './curve-legend.ts';
import { metricGroups, metricLabel } from './metrics.ts';
import { comparedCurves, type Overlay } from './overlays.ts';

/** Any metric of the runs over steps, time or tokens, one line each. */
export class CurvesView {
  readonly element: HTMLElement;
  readonly controls: HTMLElement;
  readonly #store: Store;
  readonly #plot: Plot;
  readonly #metric: HTMLSelectElement;
  readonly #axis: HTMLSelectElement;
  readonly #smoothing: HTMLInputElement;
  readonly #smoothingText = el('output', { for: 'compare-smoothing', class: 'muted' });
  readonly #at = el('span', { class: 'muted' });
  readonly #reset = el('button', { class: 'flat', onclick: () => this.#zoom(null) }, 'Show All');
  readonly #empty = el('p', { class: 'empty' }, 'None of these runs has this metric.');
  readonly #slider: HTMLElement;
  readonly #legendList = el('ul', { class: 'curve-legend', tabindex: 0, 'aria-label': 'Curves' });
  readonly #legend = new KeyedList<LegendRow>(this.#legendList, ({ curve }) => curve.id, legendRow);
  readonly #curves = new WeakMap<MetricColumns, Curves>();
  #theme = readTheme();
  #cursor: number | null = null;
  /** What is on the x axis; null: everything. On another axis it is somewhere else. */
  #range: [number, number] | null = null;
  #axisOfRange: XAxis = 'step';

  constructor(store: Store) {
    this.#store = store;
    this.#plot = new Plot(
      {},
      {
        onCursor: (x) => this.#moveCursor(x),
        onZoom: (range) => this.#zoom(range),
        onPan: (by) => this.#pan(by),
        onChoose: () => {},
        onReset: () => this.#zoom(null),
      },
    );
    const changed = (set: () => void) => ({ onchange: set });
    this.#metric = el('select', {
      id: 'compare-metric',
      ...changed(() => this.#store.setLayout({ compareMetric: this.#metric.value })),
    });
    this.#axis = el(
      'select',
      { id: 'compare-axis', ...changed(() => store.setLayout({ axis: this.#axis.value as XAxis })) },
      ...Object.entries(X_AXES).map(([value, label]) => el('option', { value }, label)),
    );
    this.#smoothing = el('input', {
      ...{ id: 'compare-smoothing', type: 'range', min: 0, max: 0.99, step: 0.01 },
      oninput: () => store.setLayout({ smoothing: Number(this.#smoothing.value) }),
    });
    this.#slider = el(
      'div',
      {
        ...{ class: 'plot-box', tabindex: 0, role: 'slider', 'aria-label': 'Place under the cursor' },
        ...{ 'aria-valuemin': 0, 'aria-valuemax': 0, 'aria-valuenow': 0 },
        onkeydown: (event: KeyboardEvent) => {
          if (this.#onKey(event)) event.preventDefault();
        },
      },
      this.#plot.element,
    );
    this.controls = el(
      'div',
      { class: 'view-controls' },
      el('span', { class: 'labelled' }, el('label', { for: 'compare-metric' }, 'Metric'), this.#metric),
      el('span', { class: 'labelled' }, el('label', { for: 'compare-axis' }, 'X axis'), this.#axis),
      el(
        'span',
        { class: 'labelled' },
        el('label', { for: 'compare-smoothing' }, 'Smoothing'),
        this.#smoothing,
        this.#smoothingText,
      ),
      el('span', { class: 'spacer' }),
      this.#at,
      this.#reset,
    );
    this.element = el(
      'section',
      { class: 'compare-curves', 'aria-label': 'Curves of the runs' },
      this.#empty,
      el('div', { class: 'curve-body' }, this.#slider, this.#legendList),
    );
    new ResizeObserver(() => {
      this.#plot.resize(this.#slider.clientHeight);
      this.#draw();
    }).observe(this.#slider);
    onThemeChange(() => {
      this.#theme = readTheme();
      this.update();
    });
  }

  update(): void {
    const { layout } = this.#store;
    if (layout.axis !== this.#axisOfRange) {
      this.#axisOfRange = layout.axis;
      this.#range = this.#cursor = null;
    }
    const shown = comparedCurves(this.#store);
    const groups = metricGroups(shown.flatMap(({ columns }) => columns.keys));
    const known = groups.some(({ metrics }) => metrics.some(({ key }) => key === layout.compareMetric));
    const listed = known
      ? groups
      : [
          { title: 'Chosen', metrics: [{ key: layout.compareMetric, label: metricLabel(layout.compareMetric) }] },
          ...groups,
        ];
    setChildren(this.#metric, JSON.stringify(listed), () =>
      listed.map(({ title, metrics }) =>
        el('optgroup', { label: title }, ...metrics.map(({ key, label }) => el('option', { value: key }, label))),
      ),
    );
    this.#metric.value = layout.compareMetric;
    this.#axis.value = layout.axis;
    this.#smoothing.value = String(layout.smoothing);
    setText(this.#smoothingText, layout.smoothing === 0 ? 'off' : String(layout.smoothing));
    this.#reset.hidden = this.#range === null;
    this.#draw();
  }

  /** Nothing that does not exist, and no less than can be told apart. */
  #zoom(range: [number, number] | null): void {
    const [first, last] = this.#all;
    const [from, to] = range ? [Math.max(first, range[0]), Math.min(last, range[1])] : [first, last];
    if (to - from < (last - first) * 1e-4) return;
    this.#range = from === first && to === last ? null : [from, to];
    this.update();
  }

  #pan(by: number): void {
    const [first, last] = this.#all;
    const [from, to] = this.#range ?? this.#all;
    const within = Math.min(last - to, Math.max(first - from, by));
    this.#zoom([from + within, to + within]);
  }

  #draw(): void {
    if (!this.#store.main || this.#slider.clientWidth === 0) return;
    const { compareMetric, axis, smoothing } = this.#store.layout;
    const curves = comparedCurves(this.#store);
    const here = curves.filter(({ columns }) => columns.values(compareMetric));
    this.#empty.hidden = here.length > 0;
    const theme = this.#theme;
    const drawn = comparisonCurves(here, compareMetric, (columns) => this.#curvesOf(columns), { smoothing, theme });
    const marks = { chosen: null, changes: [], stages: [], findings: [] };
    const view = { theme, axis, log: false, range: this.#range ?? this.#all, marks };
    this.#plot.draw(drawn, view, this.#slider.clientHeight);
    this.#moveCursor(this.#cursor);
  }

  get #all(): [number, number] {
    const { axis } = this.#store.layout;
    const ends = comparedCurves(this.#store).flatMap(({ columns }) => {
      const x = this.#curvesOf(columns).x(axis);
      return columns.length > 0 ? [x[0]!, x[columns.length - 1]!] : [];
    });
    const [from, to] = [Math.min(...ends), Math.max(...ends)];
    return to > from ? [from, to] : [0, 1];
  }

  /** Null: off the chart, where the newest values are shown. */
  #moveCursor(x: number | null): void {
    this.#cursor = x;
    this.#plot.setCursor(x);
    const { compareMetric, axis } = this.#store.layout;
    const rows = comparedCurves(this.#store).map((curve): LegendRow => {
      const value = this.#valueText(curve, compareMetric, x);
      return { curve, color: this.#theme.palette[curve.color]!, value };
    });
    this.#legend.show(rows);
    const [from, to] = this.#range ?? this.#all;
    const at = x ?? to;
    setText(this.#at, x === null ? 'newest values · drag to zoom' : xText(axis, at));
    this.#slider.setAttribute('aria-valuemin', String(from));
    this.#slider.setAttribute('aria-valuemax', String(to));
    this.#slider.setAttribute('aria-valuenow', String(at));
    const values = rows.map(({ curve, value }) => `${curve.label} ${value}`).join(', ');
    this.#slider.setAttribute('aria-valuetext', `${xText(axis, at)}: ${values}`);
  }

  /** The last value up to there. */
  #valueText({ columns, band }: Overlay, key: string, x: number | null): string {
    const values = columns.values(key);
    if (!values || columns.length === 0) return '–';
    const { axis } = this.#store.layout;
    const [, end] = this.#curvesOf(columns).rowsWithin(axis, [-Infinity, x ?? Infinity]);
    let row = end - 1;
    while (row >= 0 && Number.isNaN(values[row]!)) row--;
    if (row < 0) return '–';
    const text = formatNumber(values[row]!);
    const [low, high] = [band?.low.values(key)?.[row], band?.high.values(key)?.[row]];
    return low === undefined || high === undefined ? text : `${text} (${formatNumber(low)} to ${formatNumber(high)})`;
  }

  #curvesOf(columns: MetricColumns): Curves {
    const curves = this.#curves.get(columns) ?? new Curves(columns);
    this.#curves.set(columns, curves);
    return curves;
  }

  #onKey(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const [from, to] = this.#range ?? this.#all;
    const { axis } = this.#store.layout;
    const least = axis === 'step' ? 1 : 0;
    const stride = Math.max(least, (to - from) / (event.shiftKey ? 20 : 100));
    const by = axis === 'step' && !event.shiftKey ? 1 : stride;
    const at = this.#cursor ?? to;
    const moves: Record<string, number> = { ArrowLeft: at - by, ArrowRight: at + by, Home: from, End: to };
    const target = moves[event.key];
    if (target !== undefined) this.#moveCursor(Math.min(to, Math.max(from, target)));
    else if (event.key === '+' || event.key === '=') this.#zoom([at - (at - from) / 2, at + (to - at) / 2]);
    else if (event.key === '-') this.#zoom([at - (at - from) * 2, at + (to - at) * 2]);
    else if (event.key === 'PageUp' || event.key === 'PageDown')
      this.#pan(event.key === 'PageUp' ? from - to : to - from);
    else if (event.key === '0' || event.key === 'Escape') this.#zoom(null);
    else return false;
    return true;
  }
}
