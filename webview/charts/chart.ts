import { formatDuration } from '../../src/text/duration.ts';
import { formatNumber, formatShare } from '../../src/text/numbers.ts';
import { el, setText } from '../dom.ts';
import { type ChartActions, chartActions, type ExportKind } from './actions.ts';
import type { ChartDefinition, SeriesDefinition } from './definitions.ts';
import { Plot, type PlotEvents } from './plot.ts';
import type { PlotSettings } from './plot-series.ts';
import { ChartTable } from './table.ts';

export interface ChartView extends PlotSettings {
  range: [number, number];
  cursor: number | null;
  chosen: number | null;
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
  readonly #events: ChartEvents;
  readonly #plot: Plot;
  readonly #slider: HTMLElement;
  readonly #actions: ChartActions;
  #table: ChartTable | undefined;
  readonly #readouts = new Map<string, { button: HTMLElement; value: HTMLElement; swatch: HTMLElement }>();
  #visible = false;
  #stale = true;
  #look = '';
  #view: ChartView | undefined;

  constructor(definition: ChartDefinition, events: ChartEvents) {
    this.definition = definition;
    this.#events = events;
    this.#plot = new Plot(definition, events);
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
    );
    const { id, title } = definition;
    this.#actions = chartActions(title, {
      onLog: () => events.onToggle('log', id),
      onTable: () => events.onToggle('tables', id),
      onExport: (kind) => events.onExport(definition, kind),
    });
    this.element = el(
      'section',
      { class: `chart chart-${definition.id}`, 'aria-label': definition.title },
      el('header', { class: 'chart-head' }, el('h2', {}, title), this.#actions.element, this.#readout()),
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
  draw(view: ChartView): void {
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
    const look = this.#lookOf(view);
    if (look !== this.#look || !this.#plot.built) {
      this.#look = look;
      this.#plot.rebuild(view, view.log.has(this.definition.id), this.#slider.clientHeight);
    }
    this.#plot.draw(view.range, view.chosen);
    this.#stale = false;
    this.moveCursor(view.cursor);
  }

  moveCursor(step: number | null): void {
    const view = this.#view;
    if (!view) return;
    view.cursor = step;
    if (!this.#visible) {
      this.#stale = true;
      return;
    }
    this.#plot.setCursor(step);
    const { columns } = view.runs[0]!.curves;
    const row = columns.nearest(step ?? view.chosen ?? columns.lastStep);
    for (const series of this.definition.series)
      setText(this.#readouts.get(series.id)!.value, row < 0 ? '–' : this.format(this.#latest(series, row), series));
    this.#slider.setAttribute('aria-valuemin', String(view.range[0]));
    this.#slider.setAttribute('aria-valuemax', String(view.range[1]));
    const at = row < 0 ? 0 : columns.steps[row]!;
    this.#slider.setAttribute('aria-valuenow', String(at));
    this.#slider.setAttribute('aria-valuetext', `step ${at}`);
  }

  /** The values of a row in words, for the live region. */
  describe(row: number): string {
    return this.definition.series
      .map((series) => `${series.label} ${this.format(this.valueAt(series, row), series)}`)
      .join(', ');
  }

  valueAt(series: SeriesDefinition, row: number): number {
    return this.#view!.runs[0]!.curves.at(series.shown ?? series.terms, row);
  }

  /** Of a series with few points, the one before, if there is none here. */
  #latest(series: SeriesDefinition, row: number): number {
    let at = row;
    while (series.sparse && at > 0 && Number.isNaN(this.valueAt(series, at))) at--;
    return this.valueAt(series, at);
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

  #showControls({ hidden, theme, log, tables }: ChartView): void {
    const { id, series } = this.definition;
    this.#actions.log.setAttribute('aria-pressed', String(log.has(id)));
    this.#actions.table.setAttribute('aria-pressed', String(tables.has(id)));
    for (const { id, color } of series) {
      const readout = this.#readouts.get(id)!;
      readout.swatch.style.setProperty('--color', theme.palette[color]!);
      readout.button.setAttribute('aria-pressed', String(!hidden.has(id)));
    }
  }

  #lookOf({ runs, smoothing, hidden, theme, log }: ChartView): string {
    return JSON.stringify([
      runs.map(({ folder, color }) => [folder, color]),
      smoothing,
      this.definition.series.map(({ id }) => hidden.has(id)),
      log.has(this.definition.id),
      theme,
    ]);
  }

  #readout(): HTMLElement {
    const list = el('div', { class: 'readout' });
    for (const { id, label, style } of this.definition.series) {
      const value = el('span', { class: 'value' }, '–');
      const swatch = el('span', { class: `swatch ${style ?? 'line'}` });
      const button = el(
        'button',
        {
          class: 'series',
          'aria-pressed': 'true',
          title: `Show or hide ${label}`,
          onclick: () => this.#events.onToggle('hidden', id),
        },
        swatch,
        el('span', { class: 'label' }, label),
        value,
      );
      this.#readouts.set(id, { button, value, swatch });
      list.append(button);
    }
    return list;
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
