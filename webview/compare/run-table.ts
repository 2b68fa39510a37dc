import './run-table.css';
import { rewardText } from '../../src/protocol/held-out.ts';
import { measureText } from '../../src/protocol/run-measure.ts';
import { formatDuration } from '../../src/text/duration.ts';
import { onThemeChange, readTheme } from '../charts/theme.ts';
import { el, setText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { Store } from '../store.ts';
import { overlays } from './overlays.ts';
import { arranged, bestOf, type RunRow, runRows, type Sort } from './run-rows.ts';

interface Column {
  sort: Sort;
  heading: string;
  about?: string;
  text(row: RunRow): string;
  title?(row: RunRow): string;
  number?: boolean;
}

const COLUMNS: readonly Column[] = [
  { sort: 'state', heading: 'State', text: ({ state }) => state },
  { sort: 'steps', heading: 'Steps', text: ({ step }) => formatCount(step), number: true },
  {
    ...{ sort: 'heldOut', heading: 'Held-out', about: 'The last reward on held-out prompts', number: true },
    text: ({ results }) => rewardText(results?.heldOut?.reward),
    title: ({ results }) => (results?.heldOut ? `after step ${formatCount(results.heldOut.step)}` : ''),
  },
  {
    ...{ sort: 'best', heading: 'Best', number: true },
    about: 'The highest held-out reward; where there is none, the highest mean of ten steps',
    text: ({ results }) => rewardText(bestOf(results)?.best),
    title: ({ results }) => {
      const best = bestOf(results);
      return best ? `${measureText(best)}, step ${formatCount(best.bestStep)}` : '';
    },
  },
  {
    ...{ sort: 'last', heading: 'Last', about: 'Training reward: the mean of the last ten steps', number: true },
    text: ({ results }) => rewardText(results?.training?.reward),
  },
  {
    ...{
      sort: 'duration',
      heading: 'Duration',
      about: 'What steps, evaluations and checkpoints took together',
      number: true,
    },
    text: ({ results }) => (results?.seconds == null ? '–' : formatDuration(results.seconds)),
  },
  { sort: 'seed', heading: 'Seed', text: ({ seed }) => String(seed ?? '–'), number: true },
  { sort: 'started', heading: 'Started', text: ({ started }) => started },
];

/** All runs of the workspace, this one first, each with a box that lays it over this one. */
export class RunTable {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #body = el('tbody');
  readonly #headings = new Map<Sort, HTMLElement>();
  readonly #rows = new KeyedList<RunRow>(
    this.#body,
    ({ folder }) => folder,
    (row) => this.#row(row),
  );
  /** Palette indices, by folder. */
  #colors = new Map<string, number>();
  #palette = readTheme().palette;
  search = '';

  constructor(store: Store) {
    this.#store = store;
    const headings = [{ sort: 'name' as const, heading: 'Run', about: undefined, number: false }, ...COLUMNS].map(
      ({ sort, heading, about, number }) => this.#heading(sort, heading, about, number),
    );
    this.element = el(
      'div',
      { class: 'run-table', tabindex: 0, role: 'region', 'aria-label': 'Runs' },
      el('table', {}, el('thead', {}, el('tr', {}, ...headings)), this.#body),
    );
    onThemeChange(() => {
      this.#palette = readTheme().palette;
      this.update();
    });
  }

  /** How many runs there are, and how many the search finds. */
  update(): { runs: number; found: number } {
    const { main, others, layout } = this.#store;
    if (!main) return { runs: 0, found: 0 };
    this.#colors = new Map(
      overlays(this.#store).flatMap(({ folders, color }) => folders.map((folder) => [folder, color] as const)),
    );
    for (const [sort, heading] of this.#headings) {
      const order = { [sort]: 'ascending', [`-${sort}`]: 'descending' }[layout.runSort];
      if (order) heading.setAttribute('aria-sort', order);
      else heading.removeAttribute('aria-sort');
    }
    const rows = arranged(runRows(main, others), this.search, layout.runSort);
    this.#rows.show(rows);
    return { runs: others.length, found: rows.length - 1 };
  }

  #heading(sort: Sort, heading: string, about: string | undefined, number = false): HTMLElement {
    const choose = () => {
      // Numbers are first sorted from high to low: what is best is what is looked for.
      const [first, second] = number || sort === 'started' ? [`-${sort}`, sort] : [sort, `-${sort}`];
      this.#store.setLayout({ runSort: this.#store.layout.runSort === first ? second : first });
    };
    const element = el(
      'th',
      { scope: 'col', class: number && 'number' },
      el('button', { class: 'sort', title: about ?? `Sort by ${heading.toLowerCase()}`, onclick: choose }, heading),
    );
    this.#headings.set(sort, element);
    return element;
  }

  #toggle(folder: string): void {
    const { compared } = this.#store.layout;
    const without = compared.filter((other) => other !== folder);
    this.#store.compare(without.length < compared.length ? without : [...compared, folder]);
  }

  #row({ folder, own }: RunRow): Row<RunRow> {
    const box = own
      ? el('span', { class: 'no-box' })
      : el('input', { type: 'checkbox', id: `compare-${folder}`, onchange: () => this.#toggle(folder) });
    const swatch = el('span', { class: 'swatch' });
    const name = el('span', { class: 'run-name' });
    const label = el('label', own ? {} : { for: `compare-${folder}` }, box, swatch, name, own && ' (this run)');
    const cells = COLUMNS.map(({ number }) => el('td', { class: number && 'number' }));
    const element = el('tr', { class: own && 'own' }, el('th', { scope: 'row' }, label), ...cells);
    const update = (row: RunRow) => {
      const chosen = own || this.#store.layout.compared.includes(folder);
      element.classList.toggle('chosen', chosen);
      if (box instanceof HTMLInputElement) box.checked = chosen;
      const color = this.#colors.get(folder) ?? (own ? 0 : this.#store.overlayColor(folder));
      swatch.style.setProperty('--color', chosen ? this.#palette[color]! : 'transparent');
      swatch.classList.toggle('dashed', !own);
      setText(name, row.name);
      for (const [i, { text, title }] of COLUMNS.entries()) {
        setText(cells[i]!, text(row));
        if (title) cells[i]!.title = title(row);
      }
    };
    return { element, update };
  }
}
