import './charts.css';
import { overlays } from '../compare/overlays.ts';
import { el, setText } from '../dom.ts';
import { exportChart } from '../export/export.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { Layout } from '../layout.ts';
import type { Change, ShownRun, Store } from '../store.ts';
import { Chart, type ChartEvents, type ChartView } from './chart.ts';
import { Curves, type PlottedRun } from './curves.ts';
import { type ChartDefinition, chartDefinitions } from './definitions.ts';
import { onThemeChange, readTheme } from './theme.ts';
import { toolbar } from './toolbar.ts';

/** All charts over one x axis: the same cursor, zoom and smoothing. */
export class Charts {
  readonly element = el('div', { class: 'curves' });
  readonly #grid = el('div', { class: 'charts' });
  readonly #empty = el('p', { class: 'empty' }, 'Charts appear after the first step.');
  /** Hears what a screen reader should say of the curve with the keyboard's focus. */
  readonly #live = el('div', { class: 'visually-hidden', 'aria-live': 'polite', role: 'status' });
  readonly #toolbar: HTMLElement;
  readonly #store: Store;
  readonly #events: ChartEvents;
  readonly #charts = new Set<Chart>();
  /** A chart stays when others come, such as those of the first evaluation. */
  readonly #list = new KeyedList<ChartDefinition>(this.#grid, JSON.stringify, (definition) => this.#chart(definition));
  #shape = '';
  #theme = readTheme();
  #cursor: number | null = null;
  #beforeChoice: Partial<Layout> = {};
  readonly #curves = new WeakMap<ShownRun['columns'], Curves>();

  constructor(store: Store) {
    this.#store = store;
    this.#events = this.#makeEvents();
    this.#toolbar = toolbar(store);
    this.#toolbar.hidden = true;
    this.element.append(this.#toolbar, this.#live, this.#empty, this.#grid);
    store.subscribe((changes) => this.#onChange(changes));
    onThemeChange(() => {
      this.#theme = readTheme();
      this.#draw();
    });
  }

  /** The steps on the x axis. */
  get range(): [number, number] {
    return this.#store.layout.range ?? [this.#firstStep, this.#lastStep];
  }

  /** 0 where held-out prompts were evaluated before the first step. */
  get #firstStep(): number {
    const { main, compared } = this.#store;
    const evaluated = [main!, ...compared.values()].some(({ columns }) => columns.length > 0 && columns.steps[0] === 0);
    return evaluated ? 0 : 1;
  }

  /** Of all the runs that are drawn. */
  get #lastStep(): number {
    const { main, compared } = this.#store;
    return Math.max(2, ...[main!, ...compared.values()].map(({ columns }) => columns.lastStep));
  }

  #onChange(changes: ReadonlySet<Change>): void {
    if (!this.#store.main) return;
    if (changes.has('columns') || changes.has('head')) this.#arrange();
    if (['columns', 'compared', 'layout'].some((change) => changes.has(change as Change))) this.#draw();
  }

  /** Makes the charts for the metrics that there are; new ones may come during a run. */
  #arrange(): void {
    const { head, columns } = this.#store.main!;
    this.#empty.hidden = columns.length > 0;
    this.#toolbar.hidden = columns.length === 0;
    const definitions = chartDefinitions(columns.keys, head.config, head.rewards);
    const shape = JSON.stringify(definitions);
    if (shape === this.#shape) return;
    this.#shape = shape;
    this.#list.show(definitions);
  }

  #chart(definition: ChartDefinition): Row<ChartDefinition> {
    const chart = new Chart(definition, this.#events);
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
        smoothing: layout.smoothing,
        hidden: new Set(layout.hidden),
        log: new Set(layout.log),
        tables: new Set(layout.tables),
        theme: this.#theme,
        range: this.range,
        cursor: this.#cursor,
        chosen: layout.step,
      }
    );
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
      onCursor: (step) => this.#moveCursor(step),
      onZoom: (range) => this.#zoom(range),
      onPan: (steps) => this.#pan(steps),
      // The first click of a double one has chosen a step.
      onReset: () => store.setLayout({ range: null, ...this.#beforeChoice }),
      onChoose: (step) => this.#choose(step),
      onToggle: (kind, id) => {
        const list = store.layout[kind];
        store.setLayout({ [kind]: list.includes(id) ? list.filter((other) => other !== id) : [...list, id] });
      },
      onExport: (chart, kind) => void exportChart(chart, kind, this.#view!),
      onKey: (event) => this.#onKey(event),
    };
  }

  #moveCursor(step: number | null): void {
    if (step === this.#cursor) return;
    this.#cursor = step;
    for (const chart of this.#charts) chart.moveCursor(step);
  }

  #choose(step: number): void {
    const chosen = this.#store.nearestRollouts(step);
    if (chosen === undefined) return;
    const { layout } = this.#store;
    this.#beforeChoice = { step: layout.step, tab: layout.tab, group: layout.group };
    this.#store.setLayout({ step: chosen, tab: 'rollouts', rollouts: 'recorded', group: null });
  }

  /** At least two steps, whole ones, and none that do not exist. */
  #zoom([from, to]: [number, number]): void {
    const last = this.#lastStep;
    const first = this.#firstStep;
    const start = Math.max(first, Math.floor(from));
    const end = Math.min(last, Math.max(Math.ceil(to), start + 2));
    this.#store.setLayout({ range: start === first && end === last ? null : [Math.min(start, end - 1), end] });
  }

  #pan(steps: number): void {
    const [from, to] = this.range;
    const last = this.#lastStep;
    const by = Math.round(Math.max(this.#firstStep - from, Math.min(last - to, steps)));
    if (by !== 0) this.#zoom([from + by, to + by]);
  }

  #onKey(event: KeyboardEvent): boolean {
    const { columns } = this.#store.main!;
    if (columns.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return false;
    const [from, to] = this.range;
    const row = this.#cursor === null ? columns.length - 1 : columns.nearest(this.#cursor);
    const stride = event.shiftKey ? Math.max(1, Math.round((to - from) / 20)) : 1;
    const moves: Record<string, number> = {
      ArrowLeft: row - stride,
      ArrowRight: row + stride,
      Home: columns.nearest(from),
      End: columns.nearest(to),
    };
    const target = moves[event.key];
    const center = columns.steps[row]!;
    if (target !== undefined) {
      const next = Math.min(columns.length - 1, Math.max(0, target));
      this.#moveCursor(columns.steps[next]!);
      this.#announce(event.currentTarget as HTMLElement, next);
    } else if (event.key === '+' || event.key === '=')
      this.#zoom([center - (center - from) / 2, center + (to - center) / 2]);
    else if (event.key === '-') this.#zoom([from - (to - from) / 2, to + (to - from) / 2]);
    else if (event.key === 'PageUp') this.#pan(-(to - from) / 2);
    else if (event.key === 'PageDown') this.#pan((to - from) / 2);
    else if (event.key === '0') this.#store.setLayout({ range: null });
    else if (event.key === 'Enter' || event.key === ' ') this.#choose(center);
    else return false;
    return true;
  }

  #announce(slider: HTMLElement, row: number): void {
    const chart = [...this.#charts].find(({ element }) => element.contains(slider));
    if (chart) setText(this.#live, `Step ${this.#store.main!.columns.steps[row]}: ${chart.describe(row)}`);
  }
}
