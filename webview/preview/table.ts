import type { PreviewResult } from '../../src/protocol/preview.ts';
import { el } from '../dom.ts';
import { VirtualList } from '../virtual-list.ts';
import { type Column, selectRows, type TableRow, tableColumns, tableRows } from './columns.ts';
import { host, type Layout } from './host.ts';

const ROW_HEIGHT = 24;

/** Samples × functions: every row opens its line of the samples file, every heading sorts. */
export class SampleTable {
  readonly element: HTMLElement;
  readonly #head = el('div', { class: 'grid-row grid-head', role: 'row', 'aria-rowindex': 1 });
  readonly #list: VirtualList<TableRow>;
  readonly #sort: (column: string) => void;
  #rows: TableRow[] = [];
  #columns: Column[] = [];
  #shownHead = '';

  constructor(sort: (column: string) => void) {
    this.#sort = sort;
    const open = ({ index }: TableRow) => host.postMessage({ type: 'open-row', row: index });
    const head = el('div', { class: 'grid-headings', role: 'rowgroup' }, this.#head);
    this.#list = new VirtualList('Samples', ROW_HEIGHT, (row) => this.#row(row), open, head);
    this.element = this.#list.element;
  }

  /** How many samples there are, and how many of them are shown. */
  show(result: PreviewResult | undefined, layout: Layout): { all: number; shown: number } {
    if (result) {
      this.#rows = tableRows(result);
      this.#columns = tableColumns(result);
    }
    this.element.style.setProperty('--grid', this.#columns.map(({ width }) => width).join(' '));
    this.element.setAttribute('aria-colcount', String(this.#columns.length));
    this.#showHead(layout);
    const shown = selectRows(this.#rows, this.#columns, layout);
    this.#list.items = shown;
    return { all: this.#rows.length, shown: shown.length };
  }

  /** Made anew only when it differs, so that a heading keeps the focus. */
  #showHead({ sort, descending }: Layout): void {
    const key = JSON.stringify([this.#columns.map(({ title }) => title), sort, descending]);
    if (key === this.#shownHead) return;
    this.#shownHead = key;
    const focused = [...this.#head.querySelectorAll<Element>('button')].indexOf(document.activeElement!);
    this.#head.replaceChildren(
      ...this.#columns.map(({ id, title, number }) => {
        const sorted = id === sort ? (descending ? 'descending' : 'ascending') : 'none';
        const mark = sorted === 'none' ? '' : descending ? ' ▾' : ' ▴';
        return el(
          'span',
          { role: 'columnheader', class: number ? 'number' : '', 'aria-sort': sorted },
          el('button', { class: 'flat', title: `Sort by ${title}`, onclick: () => this.#sort(id) }, `${title}${mark}`),
        );
      }),
    );
    if (focused >= 0) this.#head.querySelectorAll('button')[focused]?.focus();
  }

  #row(row: TableRow): HTMLElement {
    return el(
      'div',
      { class: row.group.signal === 'signal' ? 'grid-row' : 'grid-row no-signal', title: explain(row) },
      ...this.#columns.map((column) =>
        el(
          'span',
          { role: 'gridcell', class: [column.number && 'number', column.kind?.(row)].filter(Boolean).join(' ') },
          column.text(row),
        ),
      ),
    );
  }
}

/** What the cells have no room for. */
function explain({ row, group }: TableRow): string {
  const lines = Object.entries(row.outcomes).flatMap(([name, outcome]) => {
    if (outcome.kind === 'failure') return [`${name}: ${outcome.message}`];
    if (outcome.kind === 'abstain' || (outcome.reason ?? outcome.extracted) === undefined) return [];
    const extracted = outcome.extracted === undefined ? '' : `extracted “${outcome.extracted}” `;
    return [`${name}: ${extracted}${outcome.reason ?? ''}`.trim()];
  });
  if (group.signal !== 'signal') lines.push(`No signal: ${group.why}`);
  return lines.join('\n');
}
