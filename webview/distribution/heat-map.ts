import './heat-map.css';
import type { StepRewards } from '../../src/protocol/dashboard-overview.ts';
import type { ChartEvents, ChartView } from '../charts/chart.ts';
import { el, setText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { Store } from '../store.ts';
import { term } from '../term.ts';
import { type Bins, binsOf, countsIn, histogramOf } from './bins.ts';
import { type Column, HeatMapCanvas } from './heat-map-canvas.ts';
import { KnownRewards } from './known-rewards.ts';
import { RewardTable } from './reward-table.ts';
import { binText, stepText } from './rewards-text.ts';
import { strideOf } from './sampled-steps.ts';

const ID = 'distribution';
const TITLE = 'Distribution of rewards';

/** How the rewards of a step's completions are spread, step by step, in all or of one function: darker where more of them are. */
export class HeatMap {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #known: KnownRewards;
  readonly #placeOf: (step: number) => number;
  readonly #canvas = new HeatMapCanvas();
  readonly #readout = el('span', { class: 'at' });
  readonly #note = el('span', { class: 'muted' });
  readonly #functions = el('div', { class: 'functions', role: 'group', 'aria-label': 'Rewards of' });
  readonly #choices: KeyedList<Choice>;
  readonly #box: HTMLElement;
  readonly #tableButton: HTMLElement;
  #table: RewardTable | undefined;
  #view: ChartView | undefined;
  #steps: StepRewards[] = [];
  #bins: Bins | undefined;
  /** Of the bins, the one under the pointer or the keyboard's; null: none. */
  #bin: number | null = null;
  #visible = false;
  #stale = true;
  #scheduled = false;

  constructor(store: Store, placeOf: (step: number) => number, events: ChartEvents) {
    this.#store = store;
    this.#placeOf = placeOf;
    this.#known = new KnownRewards(store, () => this.#drawSoon());
    this.#choices = new KeyedList<Choice>(
      this.#functions,
      ({ label }) => label,
      ({ name }) => this.#choice(name),
    );
    this.#tableButton = el(
      'button',
      { class: 'flat toggle', 'aria-label': `Table of ${TITLE}`, onclick: () => events.onToggle('tables', ID) },
      'Table',
    );
    this.#box = el(
      'div',
      {
        ...{ class: 'plot-box', tabindex: 0, role: 'slider', 'aria-label': `${TITLE}: step and range of rewards` },
        ...{ 'aria-valuemin': 0, 'aria-valuemax': 0, 'aria-valuenow': 0 },
        onkeydown: (event: KeyboardEvent) => {
          if (this.#moveBin(event.key) || events.onKey(event)) event.preventDefault();
        },
        onpointermove: (event: PointerEvent) => this.#point(event, events),
        onpointerleave: () => {
          this.#bin = null;
          events.onCursor(null);
          this.#show();
        },
        onclick: ({ offsetX }: MouseEvent) => {
          const at = this.#canvas.columnAt(offsetX);
          if (at) events.onChoose(at.x);
        },
      },
      this.#canvas.element,
    );
    this.element = el(
      'section',
      { class: 'chart chart-distribution', 'aria-label': TITLE },
      el(
        'header',
        { class: 'chart-head' },
        el('h2', {}, term('distribution', TITLE)),
        this.#functions,
        el('div', { class: 'actions' }, this.#tableButton),
        el('div', { class: 'readout' }, this.#readout, this.#note),
      ),
      this.#box,
    );
    new IntersectionObserver(([entry]) => {
      this.#visible = entry!.isIntersecting;
      if (this.#visible && this.#stale) this.#drawSoon();
    }).observe(this.element);
    new ResizeObserver(() => this.#drawSoon()).observe(this.#box);
  }

  draw(view: ChartView): void {
    this.#view = view;
    this.#stale = true;
    if (this.#visible) this.#draw(view);
  }

  moveCursor(x: number | null): void {
    if (!this.#view) return;
    this.#view.cursor = x;
    this.#show();
  }

  /** The step under the cursor in words, for the live region. */
  describe(): string {
    return this.#text();
  }

  destroy(): void {
    this.element.remove();
  }

  #drawSoon(): void {
    this.#stale = true;
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      if (this.#visible && this.#view) this.#draw(this.#view);
    });
  }

  #draw(view: ChartView): void {
    const { curves } = view.runs[0]!;
    const [first, end] = curves.rowsWithin(view.axis, view.range);
    const { steps } = curves.columns;
    const from = Math.max(1, steps[first] ?? 1);
    const to = end > first ? steps[end - 1]! : 0;
    this.#steps = this.#known.within(from, to);
    const names = Object.keys(this.#steps.at(-1)?.functions ?? {});
    const name = this.#name;
    this.#choices.show(
      names.length > 0 ? [null, ...names].map((each) => ({ name: each, label: each ?? 'weighted sum' })) : [],
    );
    for (const button of this.#functions.children)
      button.setAttribute('aria-pressed', String(button.textContent === (name ?? 'weighted sum')));
    const stride = strideOf(from, to);
    setText(this.#note, stride > 1 ? `every ${formatCount(stride)} steps` : '');

    const asTable = view.tables.has(ID);
    this.#tableButton.setAttribute('aria-pressed', String(asTable));
    this.#box.hidden = asTable;
    this.#stale = false;
    if (asTable) {
      this.#table ??= new RewardTable(TITLE);
      if (!this.#table.element.isConnected) this.#box.after(this.#table.element);
      this.#table.show(this.#steps, name, [from, to]);
      return;
    }
    this.#table?.element.remove();
    this.#table = undefined;
    const histograms = this.#steps.flatMap((step) => histogramOf(step, name) ?? []);
    const bins = binsOf(histograms);
    this.#bins = bins;
    const columns: Column[] = bins
      ? this.#steps.flatMap((step) => {
          const histogram = histogramOf(step, name);
          return histogram ? [{ step: step.step, x: this.#placeOf(step.step), counts: countsIn(bins, histogram) }] : [];
        })
      : [];
    this.#canvas.draw({ columns, bins, range: view.range, axis: view.axis, theme: view.theme, marks: view.marks });
    this.#show();
  }

  get #name(): string | null {
    const { distribution } = this.#store.layout;
    const known = this.#steps.at(-1)?.functions;
    return distribution !== null && known && distribution in known ? distribution : null;
  }

  /** The readout, and the cursor on the canvas. */
  #show(): void {
    const view = this.#view;
    if (!view || this.#box.hidden) return;
    const text = this.#text();
    setText(this.#readout, text);
    const at = this.#column;
    this.#canvas.mark(view.cursor === null ? null : (at?.x ?? null), this.#bin);
    this.#box.setAttribute('aria-valuemin', String(view.range[0]));
    this.#box.setAttribute('aria-valuemax', String(view.range[1]));
    this.#box.setAttribute('aria-valuenow', String(at?.x ?? 0));
    this.#box.setAttribute('aria-valuetext', text);
  }

  /** Under the cursor, or the chosen one, or the newest. */
  get #column(): Column | undefined {
    const place = this.#view!.cursor ?? this.#view!.marks.chosen;
    return place === null ? this.#canvas.columns.at(-1) : this.#canvas.nearest(place);
  }

  #text(): string {
    const column = this.#column;
    const rewards = column && this.#steps.find(({ step }) => step === column.step);
    const histogram = rewards && histogramOf(rewards, this.#name);
    const bins = this.#bins;
    if (!rewards || !histogram || !bins) return this.#known.waits ? 'Reading completions …' : 'No rewards to show.';
    const bin = this.#bin;
    return bin === null
      ? stepText(rewards, histogram)
      : binText(rewards, histogram, { bins, bin, count: column.counts[bin] ?? 0 });
  }

  #point({ offsetX, offsetY }: PointerEvent, events: ChartEvents): void {
    const column = this.#canvas.columnAt(offsetX);
    this.#bin = column && this.#bins ? this.#canvas.binAt(offsetY) : null;
    events.onCursor(column?.x ?? null);
    this.#show();
  }

  /** True when it was a key for that. */
  #moveBin(key: string): boolean {
    const by = { ArrowUp: 1, ArrowDown: -1 }[key];
    if (by === undefined || !this.#bins) return false;
    const { count } = this.#bins;
    this.#bin = this.#bin === null ? (by > 0 ? 0 : count - 1) : Math.max(0, Math.min(count - 1, this.#bin + by));
    this.#show();
    return true;
  }

  #choice(name: string | null): Row<Choice> {
    const element = el(
      'button',
      { class: 'flat toggle', onclick: () => this.#store.setLayout({ distribution: name }) },
      name ?? 'weighted sum',
    );
    return { element };
  }
}

interface Choice {
  /** Null: what the functions come to, weighted and summed. */
  name: string | null;
  label: string;
}
