import './curves-view.css';
import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { Curves } from '../charts/curves.ts';
import { onThemeChange, readTheme } from '../charts/theme.ts';
import { X_AXES, type XAxis, xText } from '../charts/x-axis.ts';
import { el, setChildren, setText } from '../dom.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { Store } from '../store.ts';
import { axisValues } from './axis-values.ts';
import { CurvePlot, type PlottedCurve } from './curve-plot.ts';
import { metricGroups, metricLabel } from './metrics.ts';
import { comparedCurves, type Overlay } from './overlays.ts';

interface LegendRow {
  curve: Overlay;
  color: string;
  value: string;
}

/** Any metric of the runs over steps, time or tokens, one line each. */
export class CurvesView {
  readonly element: HTMLElement;
  readonly controls: HTMLElement;
  readonly #store: Store;
  readonly #plot: CurvePlot;
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
  /** What is on the x axis; null: everything. */
  #range: [number, number] | null = null;

  constructor(store: Store) {
    this.#store = store;
    this.#plot = new CurvePlot({
      onCursor: (x) => this.#moveCursor(x),
      onZoom: (range) => this.#zoom(range),
    });
    const changed = (set: () => void) => ({ onchange: set });
    this.#metric = el('select', {
      id: 'compare-metric',
      ...changed(() => this.#store.setLayout({ compareMetric: this.#metric.value })),
    });
    this.#axis = el(
      'select',
      { id: 'compare-axis', ...changed(() => this.#chooseAxis(this.#axis.value as XAxis)) },
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
    new ResizeObserver(() => this.#draw()).observe(this.#slider);
    onThemeChange(() => {
      this.#theme = readTheme();
      this.update();
    });
  }

  update(): void {
    const { layout } = this.#store;
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
    this.#axis.value = layout.compareAxis;
    this.#smoothing.value = String(layout.smoothing);
    setText(this.#smoothingText, layout.smoothing === 0 ? 'off' : String(layout.smoothing));
    this.#reset.hidden = this.#range === null;
    this.#draw();
  }

  #chooseAxis(compareAxis: XAxis): void {
    this.#range = null;
    this.#cursor = null;
    this.#store.setLayout({ compareAxis });
  }

  #zoom(range: [number, number] | null): void {
    this.#range = range;
    this.update();
  }

  #draw(): void {
    if (!this.#store.main || this.#slider.clientWidth === 0) return;
    const { compareMetric, compareAxis, smoothing } = this.#store.layout;
    const curves = comparedCurves(this.#store);
    const here = curves.filter(({ columns }) => columns.values(compareMetric));
    this.#empty.hidden = here.length > 0;
    const drawn = here.map((curve) => this.#plotted(curve, compareMetric, compareAxis, smoothing));
    this.#plot.draw(drawn, this.#range ?? this.#all, compareAxis, this.#theme);
    this.#moveCursor(this.#cursor);
  }

  #plotted({ id, columns, band, color }: Overlay, key: string, axis: XAxis, smoothing: number): PlottedCurve {
    const x = axisValues(columns, axis);
    const source = (of: MetricColumns, smoothed: number) => ({
      ...{ x, length: columns.length, keep: 'extremes' as const },
      values: this.#curvesOf(of).curve([{ key, weight: 1 }], smoothed),
    });
    const own = id === this.#store.main!.head.folder;
    return {
      ...{ id, own, color: this.#theme.palette[color]!, line: source(columns, smoothing) },
      ...(smoothing > 0 && !band && { behind: source(columns, 0) }),
      ...(band && { band: { low: source(band.low, smoothing), high: source(band.high, smoothing) } }),
    };
  }

  get #all(): [number, number] {
    const { compareAxis } = this.#store.layout;
    const ends = comparedCurves(this.#store).flatMap(({ columns }) => {
      const x = axisValues(columns, compareAxis);
      return columns.length > 0 ? [x[0]!, x[columns.length - 1]!] : [];
    });
    const [from, to] = [Math.min(...ends), Math.max(...ends)];
    return to > from ? [from, to] : [0, 1];
  }

  /** Null: off the chart, where the newest values are shown. */
  #moveCursor(x: number | null): void {
    this.#cursor = x;
    this.#plot.setCursor(x);
    const { compareMetric, compareAxis } = this.#store.layout;
    const rows = comparedCurves(this.#store).map((curve): LegendRow => {
      const value = this.#valueText(curve, compareMetric, x);
      return { curve, color: this.#theme.palette[curve.color]!, value };
    });
    this.#legend.show(rows);
    const [from, to] = this.#range ?? this.#all;
    const at = x ?? to;
    setText(this.#at, x === null ? 'newest values · drag to zoom' : xText(compareAxis, at));
    this.#slider.setAttribute('aria-valuemin', String(from));
    this.#slider.setAttribute('aria-valuemax', String(to));
    this.#slider.setAttribute('aria-valuenow', String(at));
    const values = rows.map(({ curve, value }) => `${curve.label} ${value}`).join(', ');
    this.#slider.setAttribute('aria-valuetext', `${xText(compareAxis, at)}: ${values}`);
  }

  /** The last value up to there. */
  #valueText({ columns, band }: Overlay, key: string, x: number | null): string {
    const values = columns.values(key);
    if (!values || columns.length === 0) return '–';
    const xs = axisValues(columns, this.#store.layout.compareAxis);
    let row = x === null ? columns.length - 1 : rowAt(xs, columns.length, x);
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
    const { compareAxis } = this.#store.layout;
    const least = compareAxis === 'step' ? 1 : 0;
    const stride = Math.max(least, (to - from) / (event.shiftKey ? 20 : 100));
    const by = compareAxis === 'step' && !event.shiftKey ? 1 : stride;
    const at = this.#cursor ?? to;
    const moves: Record<string, number> = { ArrowLeft: at - by, ArrowRight: at + by, Home: from, End: to };
    const target = moves[event.key];
    if (target !== undefined) this.#moveCursor(Math.min(to, Math.max(from, target)));
    else if (event.key === '+' || event.key === '=') this.#zoom([at - (at - from) / 2, at + (to - at) / 2]);
    else if (event.key === '0' || event.key === 'Escape') this.#zoom(null);
    else return false;
    return true;
  }
}

/** The last row that is not beyond x; -1 where all are. */
function rowAt(xs: Float64Array, length: number, x: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function legendRow(): Row<LegendRow> {
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
