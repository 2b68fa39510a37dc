import { formatDuration } from '../../src/text/duration.ts';
import { formatNumber, formatShare } from '../../src/text/numbers.ts';
import { el, setText } from '../dom.ts';
import { titlesAt } from '../findings/marks.ts';
import { term } from '../term.ts';
import { type ChartActions, chartActions, type ExportKind } from './actions.ts';
import type { ChartDefinition, SeriesDefinition } from './definitions.ts';
import { Legend } from './legend.ts';
import { type Marks, stageAt } from './marks.ts';
import { Plot, type PlotEvents } from './plot.ts';
import { drawnSeries, type PlotSettings } from './plot-series.ts';
import { ChartTable } from './table.ts';
import { xText } from './x-axis.ts';

export interface ChartView extends PlotSettings {
  /** In the unit of the x axis, as is the cursor. */
  range: [number, number];
  cursor: number | null;
  marks: Marks;
  log: ReadonlySet<string>;
  tables: ReadonlySet<string>;
}

export interface ChartEvents extends PlotEvents {
  onToggle(kind: 'log' | 'tables' | 'hidden', id: string): void;
  onExport(chart: ChartDefinition, kind: ExportKind): void;
  /** A key that moves the cursor or the zoom; true when it was one. */
  onKey(event: KeyboardEvent): boolean;
}

/** One chart: heading, readout of the values under the cursor, canvas, and the same as a table. */
export class Chart {
  readonly definition: ChartDefinition;
  readonly element: HTMLElement;
  readonly #plot: Plot;
  readonly #slider: HTMLElement;
  /** Over the plot, as a line more in the legend would move it. */
  readonly #found = el('div', { class: 'found', hidden: true });
  readonly #actions: ChartActions;
  #table: ChartTable | undefined;
  readonly #legend: Legend;
  #visible = false;
  #stale = true;
  #view: ChartView | undefined;

  constructor(definition: ChartDefinition, events: ChartEvents) {
    this.definition = definition;
    this.#plot = new Plot({ ...definition, shares: definition.series.some(({ share }) => share) }, events);
    this.#slider = el(
      'div',
      {
        class: 'plot-box',
        tabindex: 0,
        role: 'slider',
        'aria-label': `${definition.title}: step under the cursor`,
        'aria-valuemin': 0,
        'aria-valuemax': 0,
        'aria-valuenow': 0,
        onkeydown: (event: KeyboardEvent) => {
          if (events.onKey(event)) event.preventDefault();
        },
      },
      this.#plot.element,
      this.#found,
    );
    const { id, title } = definition;
    this.#legend = new Legend(this, (series) => events.onToggle('hidden', series));
    this.#actions = chartActions(title, {
      onLog: () => events.onToggle('log', id),
      onTable: () => events.onToggle('tables', id),
      onExport: (kind) => events.onExport(definition, kind),
    });
    this.element = el(
      'section',
      { class: `chart chart-${definition.id}`, 'aria-label': definition.title },
      el(
        'header',
        { class: 'chart-head' },
        el('h2', {}, definition.term ? term(definition.term, title) : title),
        this.#actions.element,
        this.#legend.element,
      ),
      this.#slider,
      definition.note ? el('p', { class: 'note' }, definition.note) : null,
    );
    new IntersectionObserver(([entry]) => {
      this.#visible = entry!.isIntersecting;
      if (this.#visible && this.#stale && this.#view) this.draw(this.#view);
    }).observe(this.element);
    new ResizeObserver(() => this.#resize()).observe(this.#slider);
  }

  /** Draws if it can be seen; else when it is. */
  draw(shown: ChartView): void {
    const findings = shown.marks.findings.filter(({ charts }) => charts.has(this.definition.id));
    const view = { ...shown, marks: { ...shown.marks, findings } };
    this.#view = view;
    this.#stale = true;
    if (!this.#visible) return;
    this.#showControls(view);
    const asTable = view.tables.has(this.definition.id);
    this.#slider.hidden = asTable;
    if (asTable) {
      this.#drawTable(view);
      return;
    }
    this.#table?.element.remove();
    this.#table = undefined;
    if (this.#slider.clientWidth === 0) return;
    const log = view.log.has(this.definition.id);
    this.#plot.draw(drawnSeries(this.definition, view), { ...view, log }, this.#slider.clientHeight);
    this.#stale = false;
    this.moveCursor(view.cursor);
  }

  moveCursor(x: number | null): void {
    const view = this.#view;
    if (!view) return;
    view.cursor = x;
    if (!this.#visible) {
      this.#stale = true;
      return;
    }
    this.#plot.setCursor(x);
    const { curves } = view.runs[0]!;
    const place = x ?? view.marks.chosen;
    const row = place === null ? curves.columns.length - 1 : curves.rowAt(view.axis, place);
    const at = row < 0 ? 0 : curves.x(view.axis)[row]!;
    const stage = stageAt(view.marks.stages, at);
    this.#legend.show(view, place, { stage, change: x === null ? undefined : this.#plot.changeAt(x) });
    this.#slider.setAttribute('aria-valuemin', String(view.range[0]));
    this.#slider.setAttribute('aria-valuemax', String(view.range[1]));
    this.#slider.setAttribute('aria-valuenow', String(at));
    const found = x === null ? [] : titlesAt(view.marks.findings, x);
    setText(this.#found, found.join(' · '));
    this.#found.hidden = found.length === 0;
    const step = `step ${row < 0 ? 0 : curves.columns.steps[row]!}`;
    const where = view.axis === 'step' ? step : `${step}, ${xText(view.axis, at)}`;
    this.#slider.setAttribute('aria-valuetext', stage === undefined ? where : `${where}, ${stage}`);
  }

  /** Brings it into sight, with its curve under the keyboard. */
  reveal(): void {
    this.element.scrollIntoView({ block: 'nearest' });
    this.#slider.focus({ preventScroll: true });
    this.element.classList.remove('revealed');
    requestAnimationFrame(() => this.element.classList.add('revealed'));
  }

  /** The values of a row in words, for the live region. */
  describe(row: number): string {
    const values = this.definition.series.map(
      (series) => `${series.label} ${this.format(this.valueAt(series, row), series)}`,
    );
    const { axis, runs, marks } = this.#view!;
    const step = runs[0]!.curves.x(axis)[row];
    const change = marks.changes.find(({ x }) => x === step);
    const found = step === undefined ? [] : titlesAt(marks.findings, step);
    return [values.join(', '), ...(change ? [change.text] : []), ...found].join('. ');
  }

  valueAt(series: SeriesDefinition, row: number): number {
    return this.#view!.runs[0]!.curves.at(series.shown ?? series.terms, row);
  }

  format(value: number, { share }: SeriesDefinition): string {
    if (Number.isNaN(value)) return '–';
    if (share || this.definition.unit === 'share') return formatShare(value);
    if (this.definition.unit === 'seconds') return value < 60 ? `${formatNumber(value)} s` : formatDuration(value);
    return formatNumber(value);
  }

  #drawTable(view: ChartView): void {
    if (!this.#table) {
      this.#table = new ChartTable(this);
      this.#slider.after(this.#table.element);
    }
    this.#table.update(view);
    this.#stale = false;
    this.moveCursor(view.cursor);
  }

  #showControls({ log, tables }: ChartView): void {
    const { id } = this.definition;
    this.#actions.log.setAttribute('aria-pressed', String(log.has(id)));
    this.#actions.table.setAttribute('aria-pressed', String(tables.has(id)));
  }

  #resize(): void {
    this.#plot.resize(this.#slider.clientHeight);
    if (this.#view) this.draw(this.#view);
  }

  destroy(): void {
    this.#plot.destroy();
    this.element.remove();
  }
}
