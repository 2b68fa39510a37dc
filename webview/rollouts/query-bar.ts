import { GROUP_SIGNALS } from '../../src/grpo/signal.ts';
import { EMPTY_QUERY, filterCount, type RolloutQuery } from '../../src/protocol/rollout-query.ts';
import { type Child, el, setChildren, setText } from '../dom.ts';
import type { Layout } from '../layout.ts';
import { Segments } from '../segments.ts';
import { signalLabel } from './signals.ts';

type Scope = Layout['scope'];
const SCOPES = { step: 'This Step', all: 'All Steps' } as const satisfies Record<Scope, string>;

type Bound = 'least' | 'most' | 'firstStep' | 'lastStep';

export interface QueryEvents {
  change(query: Partial<RolloutQuery>): void;
  scope(scope: Scope): void;
  /** Enter or an arrow key in the search: on to what it found. */
  leave(): void;
  stop(): void;
}

/** What is searched for, where, and the filters, which are folded. */
export class QueryBar {
  readonly element: HTMLElement;
  readonly #search: HTMLInputElement;
  readonly #scopes: Segments<Scope>;
  readonly #toggle: HTMLElement;
  readonly #filters: HTMLElement;
  readonly #of: HTMLSelectElement;
  readonly #fields: (() => void)[] = [];
  readonly #status = el('span', { class: 'muted count', role: 'status' });
  readonly #stop: HTMLElement;
  readonly #steps: HTMLElement;
  #query: RolloutQuery = EMPTY_QUERY;

  constructor(events: QueryEvents) {
    const { change } = events;
    this.#search = el('input', {
      ...{ type: 'search', placeholder: 'Search completions (/)', 'aria-label': 'Search completions' },
      oninput: () => change({ text: this.#search.value }),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== 'Enter' && event.key !== 'ArrowDown') return;
        event.preventDefault();
        events.leave();
      },
    });
    this.#scopes = new Segments(SCOPES, (scope) => events.scope(scope), 'Search in');
    this.#toggle = el('button', {
      ...{ class: 'toggle', 'aria-expanded': 'false', 'aria-controls': 'rollout-filters' },
      onclick: () => this.#fold(!this.#filters.hidden),
    });
    this.#of = el('select', { 'aria-label': 'Reward of', onchange: () => change({ of: this.#of.value || null }) });
    this.#fields.push(() => {
      this.#of.value = this.#query.of ?? '';
    });
    const number = (label: string, field: Bound) => this.#number(label, field, change);
    this.#steps = row('Steps', number('First step', 'firstStep'), '–', number('Last step', 'lastStep'));
    this.#filters = el(
      'div',
      { class: 'filters', id: 'rollout-filters', role: 'group', 'aria-label': 'Filters', hidden: true },
      row('Signal', this.#signal(change)),
      row('Reward of', this.#of, number('Lowest reward', 'least'), '–', number('Highest reward', 'most')),
      row('Only', this.#check('truncated', change), this.#check('failed', change)),
      this.#steps,
      row(
        '',
        el(
          'button',
          { class: 'toggle', onclick: () => change({ ...EMPTY_QUERY, text: this.#query.text }) },
          'Clear Filters',
        ),
      ),
    );
    this.#stop = el('button', { class: 'flat', hidden: true, onclick: () => events.stop() }, 'Stop');
    this.element = el(
      'div',
      { class: 'query' },
      el('div', { class: 'bar' }, this.#search, this.#scopes.element, this.#toggle),
      this.#filters,
      el('div', { class: 'query-status' }, this.#status, this.#stop),
    );
  }

  /** `functions`: the names of those that a filter may bound. */
  show({ query, scope }: Pick<Layout, 'query' | 'scope'>, functions: readonly string[]): void {
    this.#query = query;
    if (document.activeElement !== this.#search) this.#search.value = query.text;
    const names = [...new Set([...functions, ...(query.of === null ? [] : [query.of])])];
    setChildren(this.#of, JSON.stringify(names), () => [
      el('option', { value: '' }, 'weighted sum'),
      ...names.map((name) => el('option', { value: name }, name)),
    ]);
    for (const field of this.#fields) field();
    this.#scopes.chosen = scope;
    this.#steps.hidden = scope === 'step';
    const count = filterCount(scope === 'all' ? query : { ...query, firstStep: null, lastStep: null });
    setText(this.#toggle, count === 0 ? 'Filter' : `Filter (${count})`);
    this.#toggle.setAttribute('aria-pressed', String(count > 0));
  }

  /** `running`: it can be stopped. */
  say(status: string, running: boolean): void {
    setText(this.#status, status);
    this.#stop.hidden = !running;
  }

  #fold(hidden: boolean): void {
    this.#filters.hidden = hidden;
    this.#toggle.setAttribute('aria-expanded', String(!hidden));
  }

  #signal(change: QueryEvents['change']): HTMLElement {
    const select: HTMLSelectElement = el(
      'select',
      { 'aria-label': 'Signal', onchange: () => change({ signal: select.value as RolloutQuery['signal'] }) },
      el('option', { value: 'any' }, 'any'),
      el('option', { value: 'none' }, 'no signal'),
      ...GROUP_SIGNALS.map((signal) => el('option', { value: signal }, signalLabel(signal))),
    );
    this.#fields.push(() => {
      select.value = this.#query.signal;
    });
    return select;
  }

  #check(field: 'truncated' | 'failed', change: QueryEvents['change']): HTMLElement {
    const box: HTMLInputElement = el('input', { type: 'checkbox', onchange: () => change({ [field]: box.checked }) });
    this.#fields.push(() => {
      box.checked = this.#query[field];
    });
    return el('label', { class: 'filter' }, box, field);
  }

  #number(
    label: string,
    field: 'least' | 'most' | 'firstStep' | 'lastStep',
    change: QueryEvents['change'],
  ): HTMLElement {
    const input: HTMLInputElement = el('input', {
      ...{ type: 'number', step: 'any', 'aria-label': label, class: 'bound' },
      oninput: () => change({ [field]: input.value === '' || !input.checkValidity() ? null : Number(input.value) }),
    });
    this.#fields.push(() => {
      const value = this.#query[field];
      if (document.activeElement !== input) input.value = value === null ? '' : String(value);
    });
    return input;
  }
}

const row = (label: string, ...controls: Child[]): HTMLElement =>
  el(
    'div',
    { class: 'filter-row' },
    el('span', { class: 'muted' }, label),
    el('span', { class: 'filter' }, ...controls),
  );
