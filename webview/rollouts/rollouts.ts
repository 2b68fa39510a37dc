import { el } from '../dom.ts';
import type { Layout } from '../layout.ts';
import { Rescore } from '../rescore/rescore.ts';
import type { Store } from '../store.ts';
import { Groups } from './groups.ts';

const VIEWS = { recorded: 'Recorded', rescored: 'Rescored' } as const satisfies Record<Layout['rollouts'], string>;
type View = Layout['rollouts'];

/** What the policy wrote: step by step as it was recorded, and under the rewards as they are now. */
export class Rollouts {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #views: Record<View, HTMLElement>;
  readonly #buttons: Record<View, HTMLElement>;
  readonly #picker: HTMLElement;

  constructor(store: Store) {
    this.#store = store;
    const groups = new Groups(store);
    this.#picker = groups.picker;
    this.#views = { recorded: groups.element, rescored: new Rescore(store).element };
    const button = (view: View) =>
      el('button', { class: 'toggle', onclick: () => store.setLayout({ rollouts: view }) }, VIEWS[view]);
    this.#buttons = { recorded: button('recorded'), rescored: button('rescored') };
    this.element = el(
      'div',
      { class: 'rollouts' },
      el(
        'div',
        { class: 'bar rollouts-bar' },
        this.#picker,
        el('span', { class: 'spacer' }),
        el('div', { class: 'segments', role: 'group', 'aria-label': 'View' }, ...Object.values(this.#buttons)),
      ),
      ...Object.values(this.#views),
    );
    store.subscribe((changes) => {
      if (changes.has('layout')) this.#update();
    });
    this.#update();
  }

  #update(): void {
    const { rollouts } = this.#store.layout;
    for (const view of Object.keys(VIEWS) as View[]) {
      const chosen = view === rollouts;
      this.#views[view].hidden = !chosen;
      this.#buttons[view].setAttribute('aria-pressed', String(chosen));
    }
    this.#picker.classList.toggle('elsewhere', rollouts !== 'recorded');
  }
}
