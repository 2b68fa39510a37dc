import type { FunctionView } from '../../src/protocol/samples-view.ts';
import { el, setChildren } from '../dom.ts';
import { FILTERS, sortsOf } from './entries.ts';
import { host } from './host.ts';
import type { Layout } from './layout.ts';

/** What to look for, what to show and in which order. */
export class Bar {
  readonly element: HTMLElement;
  readonly search: HTMLInputElement;
  readonly #filter: HTMLSelectElement;
  readonly #sort: HTMLSelectElement;
  readonly #direction: HTMLButtonElement;
  readonly #grouped: HTMLButtonElement;
  readonly #prompt: HTMLButtonElement;
  readonly #add: HTMLButtonElement;
  readonly #generate: HTMLButtonElement;

  /** `add` adds a sample; `leave` is for whoever leaves the search by the keyboard. */
  constructor(change: (changes: Partial<Layout>) => void, add: () => void, leave: () => void) {
    this.search = el('input', {
      ...{ type: 'search', placeholder: 'Search ( / )', 'aria-label': 'Search samples' },
      oninput: () => change({ search: this.search.value }),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== 'Enter' && event.key !== 'ArrowDown' && event.key !== 'Escape') return;
        if (event.key === 'Escape' && this.search.value !== '') return;
        event.preventDefault();
        leave();
      },
    });
    this.#filter = el(
      'select',
      { 'aria-label': 'Samples to show', onchange: () => change({ filter: this.#filter.value }) },
      ...Object.entries(FILTERS).map(([value, { label }]) => el('option', { value }, label)),
    );
    this.#sort = el('select', {
      'aria-label': 'Sort by',
      // Numbers are looked at from the largest on.
      onchange: () => change({ sort: this.#sort.value, descending: this.#sort.value !== 'line' }),
    });
    const toggle = (name: string, text: string, isOn: () => Partial<Layout>) =>
      el('button', { class: 'flat toggle', title: name, 'aria-label': name, onclick: () => change(isOn()) }, text);
    const isPressed = (button: HTMLElement) => button.getAttribute('aria-pressed') === 'true';
    this.#direction = toggle('Largest first', '↓', () => ({ descending: !isPressed(this.#direction) }));
    this.#grouped = toggle('Group by prompt', 'Group', () => ({ grouped: !isPressed(this.#grouped) }));
    this.#prompt = el(
      'button',
      { class: 'flat chip', title: 'Show all prompts', onclick: () => change({ prompt: null }) },
      'One prompt ✕',
    );
    this.#add = el('button', { class: 'flat', onclick: add }, 'Add Sample');
    this.#generate = el(
      'button',
      { class: 'flat', onclick: () => host.postMessage({ type: 'generate' }) },
      'Generate…',
    );
    this.element = el(
      'div',
      { class: 'bar', role: 'toolbar', 'aria-label': 'Samples' },
      this.search,
      this.#filter,
      this.#sort,
      this.#direction,
      this.#grouped,
      this.#prompt,
      el('span', { class: 'spacer' }),
      this.#add,
      this.#generate,
    );
  }

  show(layout: Layout, functions: readonly FunctionView[], editable: boolean): void {
    const sorts = sortsOf(functions);
    setChildren(this.#sort, JSON.stringify(sorts), () =>
      sorts.map(({ id, label }) => el('option', { value: id }, label)),
    );
    const { search, filter, sort, descending, grouped, prompt } = layout;
    if (this.search.value !== search) this.search.value = search;
    this.#filter.value = filter in FILTERS ? filter : 'all';
    this.#sort.value = sorts.some(({ id }) => id === sort) ? sort : 'line';
    this.#direction.textContent = descending ? '↓' : '↑';
    this.#direction.setAttribute('aria-pressed', String(descending));
    this.#grouped.setAttribute('aria-pressed', String(grouped));
    this.#prompt.hidden = prompt === null;
    this.#add.hidden = !editable;
    this.#generate.hidden = !editable;
  }
}
