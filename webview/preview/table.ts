import type { PreviewResult } from '../../src/protocol/preview.ts';
import { el, setText } from '../dom.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import { VirtualList } from '../virtual-list.ts';
import { type Column, selectRows, type TableRow, tableColumns, tableRows } from './columns.ts';
import type { Layout } from './host.ts';

const ROW_HEIGHT = 24;

/** Samples × functions: a row is chosen to be shown in full, every heading sorts. */
export class SampleTable {
  readonly element: HTMLElement;
  readonly #head = el('div', { class: 'grid-row grid-head', role: 'row', 'aria-rowindex': 1 });
  readonly #list: VirtualList<TableRow>;
  readonly #sort: (column: string) => void;
  #rows: TableRow[] = [];
  #columns: Column[] = [];
  readonly #headings = new KeyedList<Heading>(
    this.#head,
    ({ column }) => column.id,
    (heading) => this.#heading(heading),
  );

  /** `choose` gets the row that was clicked or entered, `move` the one that the keyboard moved to, by their index in the result. */
  constructor(sort: (column: string) => void, choose: (row: number) => void, move: (row: number) => void) {
    this.#sort = sort;
    const open = ({ index }: TableRow) => choose(index);
    const activated = ({ index }: TableRow) => move(index);
    const head = el('div', { class: 'grid-headings', role: 'rowgroup' }, this.#head);
    this.#list = new VirtualList({
      ...{ label: 'Samples', rowHeight: ROW_HEIGHT, open, activated, head },
      key: ({ index }) => index,
      make: () => this.#row(),
    });
    this.element = this.#list.element;
  }

  /** How many samples there are, and how many of them are shown. The keyboard continues from the chosen one. */
  show(result: PreviewResult | undefined, layout: Layout, chosen: number | undefined): { all: number; shown: number } {
    if (result) {
      this.#rows = tableRows(result);
      this.#columns = tableColumns(result);
    }
    this.element.style.setProperty('--grid', this.#columns.map(({ width }) => width).join(' '));
    this.element.setAttribute('aria-colcount', String(this.#columns.length));
    const order = layout.descending ? 'descending' : 'ascending';
    this.#headings.show(this.#columns.map((column) => ({ column, order: column.id === layout.sort ? order : 'none' })));
    const shown = selectRows(this.#rows, this.#columns, layout);
    this.#list.items = shown;
    const active = shown.findIndex(({ index }) => index === chosen);
    if (active >= 0) this.#list.active = active;
    return { all: this.#rows.length, shown: shown.length };
  }

  #heading({ column: { id, title, number } }: Heading): Row<Heading> {
    const button = el('button', { class: 'flat', title: `Sort by ${title}`, onclick: () => this.#sort(id) });
    const element = el('span', { role: 'columnheader', class: number ? 'number' : '' }, button);
    const update = ({ order }: Heading) => {
      element.setAttribute('aria-sort', order);
      setText(button, `${title}${MARKS[order]}`);
    };
    return { element, update };
  }

  #row(): Row<TableRow> & { element: HTMLElement } {
    const element = el('div', {});
    let row: TableRow;
    const cells = new KeyedList<Column>(
      element,
      ({ id }) => id,
      () => {
        const cell = el('span', { role: 'gridcell' });
        const update = (column: Column) => {
          cell.className = [column.number && 'number', column.kind?.(row)].filter(Boolean).join(' ');
          setText(cell, column.text(row));
        };
        return { element: cell, update };
      },
    );
    const update = (now: TableRow) => {
      row = now;
      element.className = row.group.signal === 'signal' ? 'grid-row' : 'grid-row no-signal';
      element.title = explain(row);
      cells.show(this.#columns);
    };
    return { element, update };
  }
}

interface Heading {
  column: Column;
  order: 'ascending' | 'descending' | 'none';
}

const MARKS = { ascending: ' ▴', descending: ' ▾', none: '' };

/** What the cells have no room for. */
function explain({ row, group }: TableRow): string {
  const lines = Object.entries(row.outcomes).flatMap(([name, outcome]) => {
    if (outcome.kind === 'failure') return [`${name}: ${outcome.message}`];
    if (outcome.kind === 'abstain' || (outcome.reason ?? outcome.extracted) === undefined) return [];
    const extracted = outcome.extracted === undefined ? '' : `extracted “${outcome.extracted}” `;
    return [`${name}: ${extracted}${outcome.reason ?? ''}`.trim()];
  });
  if (group.signal !== 'signal') lines.push(group.why.replace(/^./, (first) => first.toUpperCase()));
  return lines.join('\n');
}
