import { shortTime } from '../../src/text/start-time.ts';
import { el, setChildren, setText } from '../dom.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { ShownRun } from '../store.ts';
import { type CompareRow, DIFFERS } from './content-rows.ts';
import type { Section } from './difference-sections.ts';

/** Runs side by side: what came of them, and in what they differ. */
export class DifferenceTable {
  readonly element = el('table', { class: 'difference-table' });
  readonly #head = el('tr');
  readonly #body = el('tbody');
  readonly #headings = new KeyedList<Heading>(this.#head, ({ key }) => key, heading);
  readonly #rows = new KeyedList<TableRow>(this.#body, ({ key }) => key, tableRow);

  constructor() {
    this.element.append(el('thead', {}, this.#head), this.#body);
  }

  /** The dashboard's own run is the first. */
  show(runs: readonly ShownRun[], sections: readonly Section[]): void {
    const heads = runs.map(({ head }) => head);
    const headings = heads.map(({ folder, name, createdAt }, i) => {
      return { key: folder, label: name, note: i === 0 ? '(this run)' : shortTime(createdAt) };
    });
    this.#headings.show([{ key: '', label: '', note: '' }, ...headings]);
    this.#rows.show(
      sections
        .filter(({ rows }) => rows.length > 0)
        .flatMap(({ title, rows }): TableRow[] => [
          { key: title, title, columns: runs.length + 1 },
          ...rows.map((row) => ({ key: `${title}\n${row.field}`, row })),
        ]),
    );
  }
}

interface Heading {
  key: string;
  label: string;
  note: string;
}

function heading({ key }: Heading): Row<Heading> {
  if (key === '') return { element: el('td') };
  const name = el('span');
  const about = el('span', { class: 'muted' });
  const update = ({ label, note }: Heading) => {
    setText(name, label);
    setText(about, note);
  };
  return { element: el('th', { scope: 'col' }, name, ' ', about), update };
}

/** The heading of a section, or a line of it. */
type TableRow = { key: string } & ({ title: string; columns: number; row?: undefined } | { row: CompareRow });

const tableRow = (item: TableRow): Row<TableRow> => (item.row ? valuesRow(item.row.field) : sectionRow(item.title));

function sectionRow(title: string): Row<TableRow> {
  const heading = el('th', { scope: 'colgroup' }, title);
  const update = (item: TableRow) => {
    if (!item.row) heading.colSpan = item.columns;
  };
  return { element: el('tr', { class: 'section' }, heading), update };
}

function valuesRow(field: string): Row<TableRow> {
  const element = el('tr', {}, el('th', { scope: 'row' }, field));
  const cells: HTMLElement[] = [];
  const update = ({ row }: TableRow) => {
    if (!row) return;
    const { values, notes, missing = 'not set', best } = row;
    for (const cell of cells.splice(values.length)) cell.remove();
    for (const [i, value] of values.entries()) {
      const cell = cells[i] ?? element.appendChild(el('td'));
      cells[i] = cell;
      const note = notes?.[i];
      cell.classList.toggle('best', best === i);
      cell.classList.toggle('differs', value === DIFFERS);
      setChildren(cell, JSON.stringify([value, note, missing]), () => [
        value ?? el('span', { class: 'muted' }, missing),
        note && ' ',
        note && el('span', { class: note === DIFFERS ? 'differs' : 'note' }, note),
      ]);
    }
  };
  return { element, update };
}
