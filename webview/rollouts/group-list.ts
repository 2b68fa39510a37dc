import { decimalsFor, formatFixed } from '../../src/text/numbers.ts';
import { el, setText } from '../dom.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import { VirtualList } from '../virtual-list.ts';
import { drawGroup, marksPicture, marksWidth } from './marks.ts';
import { COLUMNS, type Group, type GroupColumn, type GroupOrder, largestAdvantage } from './model.ts';
import { groupLabel, groupTitle } from './signals.ts';

const ROW_HEIGHT = 32;

/** Columns that say something else of a step of a rejection stage. */
const OF_REJECTION = { signal: 'Kept', marks: 'Completions' };

interface Heading {
  column: GroupColumn;
  title: string;
  order: 'ascending' | 'descending' | 'none';
}
const ORDER_MARKS = { ascending: ' ▴', descending: ' ▾', none: '' };

/** Figures of a step that its rows are written and drawn by. */
interface Scale {
  largest: number;
  decimals: number;
}

/** The groups of a step, a row each; every heading sorts. */
export class GroupList {
  readonly element: HTMLElement;
  readonly #list: VirtualList<Group>;
  readonly #headings: KeyedList<Heading>;
  #scale: Scale = { largest: 0, decimals: 2 };
  #shown: readonly Group[] = [];
  /** While a row is made the active one from outside, nobody needs to hear of it. */
  #quiet = false;

  /** `open` gets a group that was clicked or entered, `move` the one that the keyboard moved to. */
  constructor(sort: (column: GroupColumn) => void, open: (group: Group) => void, move: (group: Group) => void) {
    const head = el('div', { class: 'group-head', role: 'row', 'aria-rowindex': 1 });
    this.#headings = new KeyedList(
      head,
      ({ column }) => column.id,
      ({ column }) => heading(column, () => sort(column)),
    );
    this.#list = new VirtualList({
      ...{ label: 'Groups', rowHeight: ROW_HEIGHT, open },
      activated: (group) => this.#quiet || move(group),
      head: el('div', { class: 'group-headings', role: 'rowgroup' }, head),
      key: ({ index }) => index,
      make: () => this.#row(),
    });
    this.element = this.#list.element;
    this.element.classList.add('group-list');
  }

  /** `all`: the step's, of which some are shown. */
  show(shown: readonly Group[], all: readonly Group[], { sort, descending }: GroupOrder): void {
    this.#scale = {
      largest: largestAdvantage(all.flatMap(({ completions }) => completions)),
      // As in the summary of an open group.
      decimals: Math.max(2, decimalsFor(all.flatMap(({ mean, spread }) => [mean, spread]))),
    };
    const most = all.reduce((count, { completions }) => Math.max(count, completions.length), 0);
    this.element.style.setProperty('--marks', `${Math.max(76, marksWidth(most))}px`);
    const order = descending ? 'descending' : 'ascending';
    const sorted = COLUMNS.find(({ id }) => id === sort) ?? COLUMNS[0];
    const titles: Partial<Record<string, string>> = all[0]?.kept ? OF_REJECTION : {};
    this.#headings.show(
      COLUMNS.map((column) => ({
        column,
        title: titles[column.id] ?? column.title,
        order: column === sorted ? order : 'none',
      })),
    );
    this.#shown = shown;
    this.#list.items = shown;
  }

  /** The keyboard continues from this group; `reveal` scrolls it into view. */
  mark(group: Group | undefined, reveal: boolean): void {
    const index = group ? this.#shown.indexOf(group) : -1;
    if (index < 0 || index === this.#list.active) return;
    this.#quiet = true;
    if (reveal) this.#list.reveal(index);
    else this.#list.active = index;
    this.#quiet = false;
  }

  focus(): void {
    this.element.focus();
  }

  #row(): Row<Group> & { element: HTMLElement } {
    const cell = (kind: string) => el('span', { role: 'gridcell', class: kind });
    const index = cell('muted number');
    const title = cell('group-title');
    const mean = cell('number');
    const spread = cell('number spread');
    const signal = cell('signal');
    const picture = marksPicture();
    const marks = el('span', { role: 'gridcell', class: 'marks-cell' }, picture);
    const element = el('div', { class: 'group-row' }, index, title, mean, spread, signal, marks);
    const update = (group: Group) => {
      const { largest, decimals } = this.#scale;
      setText(index, String(group.index));
      setText(title, group.title);
      title.title = group.title;
      setText(mean, formatFixed(group.mean, decimals));
      setText(spread, formatFixed(group.spread, decimals));
      setText(signal, groupLabel(group));
      signal.title = groupTitle(group);
      signal.classList.toggle('none', group.kept ? group.kept.size === 0 : group.signal !== 'signal');
      drawGroup(picture, group, largest);
      const failed = group.completions.filter(({ error }) => error !== null).length;
      const drawn = group.kept ? 'kept' : 'advantages';
      marks.setAttribute('aria-label', failed === 0 ? drawn : `${drawn}, ${failed} failed`);
    };
    return { element, update };
  }
}

function heading({ id }: GroupColumn, sort: () => void): Row<Heading> {
  const button = el('button', { class: 'flat', onclick: sort });
  const isNumber = ['index', 'mean', 'spread'].includes(id);
  const element = el('span', { role: 'columnheader', class: `${id}-heading${isNumber ? ' number' : ''}` }, button);
  const update = ({ order, title }: Heading) => {
    element.setAttribute('aria-sort', order);
    button.title = id === 'index' ? 'Sort by group number' : `Sort by ${title.toLowerCase()}`;
    setText(button, `${title}${ORDER_MARKS[order]}`);
  };
  return { element, update };
}
