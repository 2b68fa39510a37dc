import './charts.css';
import { overlays } from '../compare/overlays.ts';
import { HeatMap } from '../distribution/heat-map.ts';
import { el, setText } from '../dom.ts';
import { exportChart } from '../export/export.ts';
import { Findings } from '../findings/findings.ts';
import { findingMarks } from '../findings/marks.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { Layout } from '../layout.ts';
import type { Change, ShownRun, Store } from '../store.ts';
import { ChangeList } from './change-list.ts';
import { changesByStep } from './changes.ts';
import { Chart, type ChartEvents, type ChartView } from './chart.ts';
import { Curves, type PlottedRun } from './curves.ts';
import { type ChartDefinition, chartDefinitions } from './definitions.ts';
import type { Marks, StageMark } from './marks.ts';
import { Navigation } from './navigation.ts';
import { inPlace, keepScrolled } from './scrolled.ts';
import { onThemeChange, readTheme } from './theme.ts';
import { toolbar } from './toolbar.ts';

/** Who has not moved the cursor for this long does not look at a value. */
const READING_MS = 5000;

/** All charts over one x axis: the same cursor, zoom and smoothing. */
export class Charts {
  readonly element = el('div', { class: 'curves' });
  readonly #grid = el('div', { class: 'charts' });
  readonly #empty = el('p', { class: 'empty' }, 'Charts appear after the first step.');
  /** Hears what a screen reader should say of the curve with the keyboard's focus. */
  readonly #live = el('div', { class: 'visually-hidden', 'aria-live': 'polite', role: 'status' });
  readonly #toolbar: HTMLElement;
  readonly #findings: Findings;
  readonly #changes = new ChangeList((step) => this.#showStep(step));
  readonly #store: Store;
  readonly #events: ChartEvents;
  readonly #charts = new Set<Chart | HeatMap>();
  /** A chart stays when others come, such as those of the first evaluation. */
  readonly #list = new KeyedList<ChartDefinition | 'distribution'>(this.#grid, JSON.stringify, (item) =>
    this.#chart(item),
  );
  #definitions: readonly ChartDefinition[] = [];
  #shape = '';
  #theme = readTheme();
  /** On the x axis, as are all places that follow. */
  #cursor: number | null = null;
  #cursorMoved = -Infinity;
  readonly #navigation: Navigation;
  #beforeChoice: Partial<Layout> = {};
  readonly #curves = new WeakMap<ShownRun['columns'], Curves>();

  constructor(store: Store) {
    this.#store = store;
    this.#navigation = new Navigation(store, (columns) => this.#curvesOf(columns));
    this.#events = this.#makeEvents();
    this.#toolbar = toolbar(store);
    this.#toolbar.hidden = true;
    this.#findings = new Findings(store, (id) => this.#reveal(id));
    this.element.append(
      this.#findings.element,
      this.#toolbar,
      this.#live,
      this.#empty,
      this.#changes.element,
      this.#grid,
    );
    keepScrolled(store, this.element, this.#grid);
    store.subscribe((changes) => this.#onChange(changes));
    onThemeChange(() => {
      this.#theme = readTheme();
      this.#draw();
    });
  }

  #onChange(changes: ReadonlySet<Change>): void {
    if (!this.#store.main) return;
    if (changes.has('columns') || changes.has('head')) this.#arrange();
    if (changes.has('layout') && this.#navigation.changeAxis()) this.#cursor = null;
    if (['head', 'columns', 'findings', 'layout'].some((change) => changes.has(change as Change))) {
      const show = () => this.#findings.show(this.#definitions);
      if (this.#isRead) inPlace(this.element, this.#grid, show);
      else show();
    }
    if (['head', 'columns', 'findings', 'compared', 'layout'].some((change) => changes.has(change as Change)))
      this.#draw();
  }

  /** Someone is at a curve just now, not only their pointer. */
  get #isRead(): boolean {
    const moved = this.#cursor !== null && performance.now() - this.#cursorMoved < READING_MS;
    return moved || this.#grid.contains(document.activeElement);
  }

  /** Makes the charts for the metrics that there are; new ones may come during a run. */
  #arrange(): void {
    const { head, columns } = this.#store.main!;
    this.#empty.hidden = columns.length > 0;
    this.#changes.show(changesByStep(head.changes));
    this.#toolbar.hidden = columns.length === 0;
    const definitions = chartDefinitions(columns.keys, head.config, head.rewards);
    const shape = JSON.stringify(definitions);
    if (shape === this.#shape) return;
    this.#shape = shape;
    this.#definitions = definitions;
    const [first, ...rest] = definitions;
    const scored = columns.keys.includes('reward');
    this.#list.show(first && scored ? [first, 'distribution', ...rest] : definitions);
  }

  #chart(item: ChartDefinition | 'distribution'): Row<ChartDefinition | 'distribution'> {
    const chart =
      item === 'distribution'
        ? new HeatMap(this.#store, (step) => this.#navigation.placeOf(step), this.#events)
        : new Chart(item, this.#events);
    this.#charts.add(chart);
    const removed = () => {
      chart.destroy();
      this.#charts.delete(chart);
    };
    return { element: chart.element, removed };
  }

  #draw(): void {
    const view = this.#view;
    if (view) for (const chart of this.#charts) chart.draw(view);
  }

  get #view(): ChartView | undefined {
    const { main, layout } = this.#store;
    return (
      main && {
        runs: this.#plottedRuns(main),
        axis: layout.axis,
        smoothing: layout.smoothing,
        hidden: new Set(layout.hidden),
        log: new Set(layout.log),
        tables: new Set(layout.tables),
        theme: this.#theme,
        range: this.#navigation.range,
        cursor: this.#cursor,
        marks: this.#marks,
      }
    );
  }

  get #marks(): Marks {
    const { main, layout } = this.#store;
    const navigation = this.#navigation;
    return {
      chosen: layout.step === null ? null : navigation.placeOf(layout.step),
      changes: changesByStep(main!.head.changes).map(({ step, text }) => ({ x: navigation.placeOf(step), text })),
      stages: this.#stageMarks,
      findings: findingMarks(this.#store.shownFindings, this.#definitions, (step) => navigation.placeOf(step)),
    };
  }

  /** Between the last step of one and the first of the next, as far as the run has come. */
  get #stageMarks(): StageMark[] {
    const { main, stages } = this.#store;
    const place = (step: number) => this.#navigation.placeOf(step);
    const end = (step: number) => (place(step) + place(step + 1)) / 2;
    return stages
      .filter(({ first }) => first <= main!.columns.lastStep)
      .map(({ first, last, name }) => ({ name, from: first === 1 ? place(0) : end(first - 1), to: end(last) }));
  }

  #plottedRuns({ head: { name, folder }, columns }: ShownRun): PlottedRun[] {
    const main = { name, label: name, folder, curves: this.#curvesOf(columns), color: 0 };
    const others = overlays(this.#store).map(({ id, label, columns, color, band }): PlottedRun => {
      const edges = band && { low: this.#curvesOf(band.low), high: this.#curvesOf(band.high) };
      return { name: label, label, folder: id, curves: this.#curvesOf(columns), color, ...(edges && { band: edges }) };
    });
    return [main, ...others];
  }

  #curvesOf(columns: ShownRun['columns']): Curves {
    let curves = this.#curves.get(columns);
    if (!curves) {
      curves = new Curves(columns);
      this.#curves.set(columns, curves);
    }
    return curves;
  }

  #makeEvents(): ChartEvents {
    const store = this.#store;
    return {
      onCursor: (x) => this.#moveCursor(x),
      onZoom: (range) => this.#navigation.zoom(range),
      onPan: (by) => this.#navigation.pan(by),
      // The first click of a double one has chosen a step.
      onReset: () => store.setLayout({ range: null, ...this.#beforeChoice }),
      onChoose: (x) => this.#choose(x),
      onToggle: (kind, id) => {
        const list = store.layout[kind];
        store.setLayout({ [kind]: list.includes(id) ? list.filter((other) => other !== id) : [...list, id] });
      },
      onExport: (chart, kind) => void exportChart(chart, kind, this.#view!),
      onKey: (event) => this.#onKey(event),
    };
  }

  #moveCursor(x: number | null): void {
    if (x === this.#cursor) return;
    this.#cursor = x;
    this.#cursorMoved = performance.now();
    for (const chart of this.#charts) chart.moveCursor(x);
  }

  #choose(x: number): void {
    const chosen = this.#store.nearestRollouts(this.#navigation.stepAt(x));
    if (chosen === undefined) return;
    const { layout } = this.#store;
    this.#beforeChoice = { step: layout.step, tab: layout.tab, group: layout.group };
    this.#store.setLayout({ step: chosen, tab: 'rollouts', rollouts: 'recorded', group: null });
  }

  #onKey(event: KeyboardEvent): boolean {
    const move = this.#navigation.onKey(event, this.#cursor);
    if (move === undefined) return false;
    if (move === 'axis') return true;
    if ('choose' in move) this.#choose(move.choose);
    else {
      const { curves } = this.#navigation;
      this.#moveCursor(curves.x(this.#store.layout.axis)[move.row]!);
      this.#announce(event.currentTarget as HTMLElement, move.row);
    }
    return true;
  }

  /** Puts the cursor on a step of the list of changes. */
  #showStep(step: number): void {
    this.#moveCursor(this.#navigation.placeOf(step));
  }

  #reveal(id: string): void {
    for (const chart of this.#charts) if (chart instanceof Chart && chart.definition.id === id) chart.reveal();
  }

  #announce(slider: HTMLElement, row: number): void {
    const chart = [...this.#charts].find(({ element }) => element.contains(slider));
    if (chart) setText(this.#live, `Step ${this.#store.main!.columns.steps[row]}: ${chart.describe(row)}`);
  }
}
