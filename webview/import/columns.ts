import type { ColumnSummary } from '../../src/protocol/dataset-summary.ts';
import { singleSpaced } from '../../src/text/visible.ts';
import { el, setChildren } from '../dom.ts';

/** The columns with their types and first values; a click on a name inserts it into the template. */
export class ColumnTable {
  readonly element = el('div', { class: 'columns' });
  readonly #insert: (column: string) => void;

  constructor(insert: (column: string) => void) {
    this.#insert = insert;
  }

  show(columns: readonly ColumnSummary[]): void {
    setChildren(this.element, JSON.stringify(columns), () => [
      el(
        'table',
        {},
        el('caption', { class: 'visually-hidden' }, 'Columns of the dataset'),
        el(
          'thead',
          {},
          el('tr', {}, ...['Column', 'Type', 'First value'].map((title) => el('th', { scope: 'col' }, title))),
        ),
        el('tbody', {}, ...columns.map((column) => this.#row(column))),
      ),
    ]);
  }

  #row({ name, type, values }: ColumnSummary): HTMLElement {
    const first = values.find((value) => value !== '') ?? '';
    const button = el(
      'button',
      { class: 'link', title: `Insert {{ ${name} }} into the template`, onclick: () => this.#insert(name) },
      name,
    );
    return el(
      'tr',
      {},
      el('th', { scope: 'row' }, button),
      el('td', { class: 'muted', title: type }, type),
      el('td', { title: values.join('\n\n') }, singleSpaced(first)),
    );
  }
}
