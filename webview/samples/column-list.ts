import type { ColumnView } from '../../src/protocol/samples-view.ts';
import { isJson } from '../../src/text/is-json.ts';
import { el, setText } from '../dom.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import { TextField } from './text-field.ts';

/** A sample's other columns, the likely answer first: texts as they are, other values as JSON. */
export class ColumnList {
  readonly element: HTMLElement;
  readonly #rows: KeyedList<ColumnView>;
  readonly #fields = new Map<string, TextField>();
  #context = { search: '', editable: false };

  /** `set` gets a column's new value as JSON. */
  constructor(set: (path: string[], json: string) => void, left: () => void) {
    const list = el('dl', { class: 'columns' });
    this.element = el('section', { 'aria-label': 'Columns' }, el('h2', {}, 'Columns'), list);
    this.#rows = new KeyedList(
      list,
      ({ name }) => name,
      ({ name }) => this.#row(name, set, left),
    );
  }

  show(columns: readonly ColumnView[], search: string, editable: boolean): void {
    this.#context = { search, editable };
    this.#rows.show(columns);
    this.element.hidden = columns.length === 0;
  }

  leave(): void {
    for (const field of this.#fields.values()) field.leave();
  }

  #row(name: string, set: (path: string[], json: string) => void, left: () => void): Row<ColumnView> {
    let isText = true;
    const commit = (text: string) => set([name], isText ? JSON.stringify(text) : checkedJson(text));
    const field = new TextField({ name: `column ${name}`, commit, left });
    this.#fields.set(name, field);
    const heading = el('dt', {});
    const update = (column: ColumnView) => {
      isText = column.isText;
      setText(heading, column.name);
      field.show(column.text, this.#context.search, this.#context.editable);
    };
    const removed = () => void this.#fields.delete(name);
    return { element: el('div', {}, heading, el('dd', {}, field.element)), update, removed };
  }
}

/** Numbers stay as they were typed. */
function checkedJson(text: string): string {
  if (!isJson(text))
    throw new Error(
      'This column holds JSON: write a number, true, false, null, a list, an object, or a text in quotes.',
    );
  return text;
}
