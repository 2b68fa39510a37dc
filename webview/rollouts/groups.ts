import './groups.css';
import { el, setText } from '../dom.ts';
import { formatNumber } from '../format.ts';
import { host } from '../host.ts';
import type { Row } from '../keyed-list.ts';
import type { Change, Store } from '../store.ts';
import { VirtualList } from '../virtual-list.ts';
import { groupDetail } from './detail.ts';
import { drawMarks, marksPicture } from './marks.ts';
import { FILTERS, type Group, groupsOf, SORTS, selectGroups } from './model.ts';
import { signalLabel } from './signals.ts';
import { StepPicker } from './step-picker.ts';

const ROW_HEIGHT = 34;

/** The groups of the chosen step, or of the newest one: a list to search and filter, and one of them opened. */
export class Groups {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #picker: StepPicker;
  readonly #list: VirtualList<Group>;
  readonly #count = el('span', { class: 'muted count', role: 'status' });
  readonly #bar: HTMLElement;
  readonly #body = el('div', { class: 'groups-body' });
  readonly #problem = el('p', { class: 'empty' });
  /** The step that was asked for and has not come yet: one question at a time. */
  #asked: number | null = null;
  #groups: Group[] = [];
  #shown: Group[] = [];
  #largest = 0;
  #openShown = '';

  constructor(store: Store) {
    this.#store = store;
    this.#picker = new StepPicker(store);
    this.#list = new VirtualList({
      label: 'Groups',
      rowHeight: ROW_HEIGHT,
      key: ({ index }) => index,
      make: () => this.#row(),
      open: (group) => this.#openGroup(group),
    });
    this.#bar = this.#filterBar();
    this.element = el('div', { class: 'groups' }, this.#picker.element, this.#bar, this.#body);
    store.subscribe((changes) => this.#onChange(changes));
    this.#update();
  }

  #onChange(changes: ReadonlySet<Change>): void {
    const { main, rollouts } = this.#store;
    if (!main) return;
    if (changes.has('rollouts') && rollouts) {
      this.#asked = null;
      this.#groups = groupsOf(rollouts.rows);
      this.#largest = rollouts.rows.reduce((most, { advantage }) => Math.max(most, Math.abs(advantage)), 0);
      this.#openShown = '';
    }
    this.#ask();
    if (['rollouts', 'layout', 'columns', 'head'].some((change) => changes.has(change as Change))) this.#update();
  }

  /** Asks for the step to show unless it is there, or another one is on its way. */
  #ask(): void {
    const { main, rollouts, layout } = this.#store;
    const wanted = layout.step ?? this.#store.newestRollouts;
    if (!main || wanted === 0 || this.#asked !== null || rollouts?.step === wanted) return;
    this.#asked = wanted;
    host.postMessage({ type: 'rollouts', step: wanted });
  }

  #update(): void {
    const { layout, rollouts } = this.#store;
    this.#shown = selectGroups(this.#groups, layout.search, layout.filter, layout.sort);
    // A step that was asked for may not be here yet.
    const here = rollouts?.step === (layout.step ?? rollouts?.step);
    const open = here ? this.#groups.find(({ index }) => index === layout.group) : undefined;
    const nothing = this.#store.newestRollouts === 0;
    this.#picker.element.hidden = nothing;
    this.#bar.hidden = nothing || open !== undefined;
    if (open) {
      this.#showDetail(open);
      return;
    }
    this.#openShown = '';
    if (!rollouts || rollouts.problem !== null || this.#groups.length === 0) {
      setText(this.#problem, rollouts?.problem ?? 'Completions appear here as soon as the first ones are scored.');
      setText(this.#count, '');
      this.#show(this.#problem);
      return;
    }
    this.#show(this.#list.element);
    this.#list.items = this.#shown;
    const all = this.#groups.length;
    setText(this.#count, this.#shown.length === all ? `${all} groups` : `${this.#shown.length} of ${all} groups`);
  }

  #show(element: HTMLElement): void {
    if (this.#body.firstChild !== element) this.#body.replaceChildren(element);
  }

  #showDetail(group: Group): void {
    const key = `${this.#store.rollouts!.step} ${group.index}`;
    // Left alone while it is right, for the reader's place in it.
    if (this.#openShown === key) return;
    this.#openShown = key;
    const close = () => {
      this.#store.setLayout({ group: null });
      requestAnimationFrame(() => requestAnimationFrame(() => this.#list.element.focus()));
    };
    const at = this.#shown.indexOf(group);
    const step = (by: number) => {
      const next = this.#shown[at + by];
      if (next) this.#store.setLayout({ group: next.index });
    };
    const detail = groupDetail(group);
    const picture = marksPicture();
    drawMarks(picture, group.completions, this.#largest);
    const view = el(
      'div',
      {
        class: 'open-group',
        onkeydown: (event: KeyboardEvent) => {
          if (event.key === 'Escape') close();
        },
      },
      el(
        'div',
        { class: 'bar' },
        el('button', { class: 'flat', onclick: close }, '← All groups'),
        el('h2', {}, `Group ${group.index}`),
        picture,
        el('span', { class: 'spacer' }),
        el('button', { class: 'flat', disabled: at <= 0, onclick: () => step(-1) }, 'Previous'),
        el(
          'button',
          { class: 'flat', disabled: at < 0 || at >= this.#shown.length - 1, onclick: () => step(1) },
          'Next',
        ),
      ),
      detail,
    );
    const hadFocus = this.#body.contains(document.activeElement);
    this.#show(view);
    if (hadFocus) detail.focus();
  }

  /** What is read must not change under the reader: an opened group stays at its step. */
  #openGroup(group: Group): void {
    this.#store.setLayout({ group: group.index, step: group.completions[0]!.step });
  }

  #row(): Row<Group> & { element: HTMLElement } {
    // Read as a sentence: what the columns mean is not to be seen, but to be heard.
    const heard = (text: string) => el('span', { class: 'visually-hidden' }, text);
    const index = el('span');
    const title = el('span', { class: 'group-title' });
    const picture = marksPicture();
    const mean = el('span');
    const signal = el('span');
    const element = el(
      'div',
      { class: 'group-row' },
      el('span', { class: 'muted number' }, heard('Group '), index),
      title,
      picture,
      el('span', { class: 'number', title: 'Mean reward' }, heard('mean reward '), mean),
      signal,
    );
    const update = (group: Group) => {
      setText(index, String(group.index));
      setText(title, group.title);
      title.title = group.title;
      drawMarks(picture, group.completions, this.#largest);
      setText(mean, formatNumber(group.mean));
      setText(signal, signalLabel(group.signal));
      signal.className = `signal ${group.signal === 'signal' ? '' : 'none'}`;
    };
    return { element, update };
  }

  #filterBar(): HTMLElement {
    const { layout } = this.#store;
    const search = el('input', {
      type: 'search',
      placeholder: 'Search prompts and completions',
      'aria-label': 'Search prompts and completions',
      oninput: () => this.#store.setLayout({ search: search.value }),
    });
    search.value = layout.search;
    return el(
      'div',
      { class: 'bar' },
      search,
      select('Filter', FILTERS, layout.filter, (filter) => this.#store.setLayout({ filter })),
      select('Order', SORTS, layout.sort, (sort) => this.#store.setLayout({ sort })),
      this.#count,
    );
  }
}

function select(
  label: string,
  options: Record<string, { label: string }>,
  value: string,
  onChange: (value: string) => void,
): HTMLElement {
  const element = el(
    'select',
    { 'aria-label': label, onchange: () => onChange(element.value) },
    ...Object.entries(options).map(([key, option]) =>
      el('option', { value: key, selected: key === value }, option.label),
    ),
  );
  return element;
}
