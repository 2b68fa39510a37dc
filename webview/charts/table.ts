import './table.css';
import { el, setText } from '../dom.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { Curves } from './curves.ts';
import type { ChartDefinition, SeriesDefinition } from './definitions.ts';
import type { XAxis } from './x-axis.ts';

const ROW_HEIGHT = 22;

interface Line {
  step: number;
  /** Of the columns. */
  row: number;
  /** From the top of the table, the newest step. */
  at: number;
}

/** What is shown: a chart's definition, and the values of the first run in the words of the chart. */
interface TableSource {
  readonly definition: ChartDefinition;
  valueAt(series: SeriesDefinition, row: number): number;
  format(value: number, series: SeriesDefinition): string;
}

interface TableView {
  runs: readonly { curves: Curves }[];
  axis: XAxis;
  range: [number, number];
}

/** A chart as a table: the steps of the x axis, newest first, only the rows in sight made. */
export class ChartTable {
  readonly element: HTMLElement;
  readonly #chart: TableSource;
  readonly #canvas = el('div', { class: 'virtual-canvas', role: 'rowgroup' });
  readonly #lines = new KeyedList<Line>(
    this.#canvas,
    ({ step }) => step,
    (line) => this.#line(line),
  );
  #view: TableView | undefined;
  #first = 0;
  #count = 0;

  constructor(chart: TableSource) {
    this.#chart = chart;
    const { title, series } = chart.definition;
    const headings = ['Step', ...series.map(({ label }) => label)];
    this.element = el(
      'div',
      {
        class: 'table',
        role: 'table',
        tabindex: 0,
        'aria-label': title,
        'aria-colcount': headings.length,
        onscroll: () => this.#draw(),
      },
      el(
        'div',
        { role: 'rowgroup', class: 'table-head' },
        el(
          'div',
          { role: 'row', class: 'table-row', 'aria-rowindex': 1 },
          ...headings.map((heading) => el('span', { role: 'columnheader', title: heading }, heading)),
        ),
      ),
      this.#canvas,
    );
    this.element.style.setProperty('--columns', String(headings.length));
  }

  update(view: TableView): void {
    this.#view = view;
    const [first, end] = view.runs[0]!.curves.rowsWithin(view.axis, view.range);
    this.#first = first;
    this.#count = end - first;
    this.#canvas.style.height = `${this.#count * ROW_HEIGHT}px`;
    this.element.setAttribute('aria-rowcount', String(this.#count + 1));
    this.#draw();
  }

  #draw(): void {
    if (!this.#view) return;
    const { steps } = this.#view.runs[0]!.curves.columns;
    const { scrollTop, clientHeight } = this.element;
    const top = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - 4);
    const bottom = Math.min(this.#count, Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT) + 4);
    const lines: Line[] = [];
    for (let at = top; at < bottom; at++) {
      const row = this.#first + this.#count - 1 - at;
      lines.push({ at, row, step: steps[row]! });
    }
    this.#lines.show(lines);
  }

  #line({ step }: Line): Row<Line> {
    const { series } = this.#chart.definition;
    const cells = series.map(() => el('span', { role: 'cell' }));
    const element = el(
      'div',
      { role: 'row', class: 'table-row' },
      el('span', { role: 'cell' }, String(step)),
      ...cells,
    );
    const update = ({ at, row }: Line) => {
      element.setAttribute('aria-rowindex', String(at + 2));
      element.style.transform = `translateY(${at * ROW_HEIGHT}px)`;
      for (const [i, one] of series.entries())
        setText(cells[i]!, this.#chart.format(this.#chart.valueAt(one, row), one));
    };
    return { element, update };
  }
}
