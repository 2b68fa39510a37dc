import { shortTime } from '../../src/text/start-time.ts';
import { el, setChildren, setText } from '../dom.ts';
import { host } from '../host.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { ShownRun } from '../store.ts';
import { type CompareRow, DIFFERS } from './content-rows.ts';

/** What differs between runs, side by side. */
export class DifferenceTable {
  readonly element = el('table');
  readonly #head = el('tr');
  readonly #body = el('tbody');
  readonly #headings = new KeyedList<Heading>(this.#head, ({ key }) => key, heading);
  readonly #rows = new KeyedList<TableRow>(this.#body, ({ row }) => row.field, differenceRow);

  constructor() {
    this.element.append(el('thead', {}, this.#head), this.#body);
  }

  /** The dashboard's own run is the first. */
  show(runs: readonly ShownRun[], rows: readonly CompareRow[]): void {
    const heads = runs.map(({ head }) => head);
    const headings = heads.map(({ folder, name, createdAt }, i) => {
      return { key: folder, label: name, note: i === 0 ? '(this run)' : shortTime(createdAt) };
    });
    this.#headings.show([{ key: '', label: 'Differences', note: '' }, ...headings]);
    this.#rows.show(rows.map((row) => ({ row, folders: heads.map(({ folder }) => folder) })));
  }
}

interface Heading {
  key: string;
  label: string;
  note: string;
}

function heading(): Row<Heading> {
  const name = el('span');
  const about = el('span', { class: 'muted' });
  const update = ({ label, note }: Heading) => {
    setText(name, label);
    setText(about, note);
  };
  return { element: el('th', { scope: 'col' }, name, ' ', about), update };
}

interface TableRow {
  row: CompareRow;
  /** Of the run that each value is of. */
  folders: readonly string[];
}

function differenceRow({ row: { field } }: TableRow): Row<TableRow> {
  const element = el('tr', {}, el('th', { scope: 'row' }, field));
  const cells: HTMLElement[] = [];
  const update = ({ row: { values, source }, folders }: TableRow) => {
    for (const cell of cells.splice(values.length)) cell.remove();
    for (const [i, value] of values.entries()) {
      const cell = cells[i] ?? element.appendChild(el('td'));
      cells[i] = cell;
      setChildren(cell, JSON.stringify([value, source, folders[i]]), () => [
        value ?? el('span', { class: 'muted' }, source === undefined ? 'not set' : 'not used'),
        source !== undefined && value === DIFFERS && showDiff(folders[i]!, source),
      ]);
    }
  };
  return { element, update };
}

const showDiff = (folder: string, name: string) =>
  el('button', { class: 'flat', onclick: () => host.postMessage({ type: 'rewardDiff', folder, name }) }, 'Show Diff');
