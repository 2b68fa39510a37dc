import { el } from '../dom.ts';
import type { Layout } from '../layout.ts';
import { Rescore } from '../rescore/rescore.ts';
import { Segments } from '../segments.ts';
import type { Store } from '../store.ts';
import { Groups } from './groups.ts';

const VIEWS = { recorded: 'Recorded', rescored: 'Rescored' } as const satisfies Record<Layout['rollouts'], string>;
type View = Layout['rollouts'];

/** What the policy wrote: step by step as it was recorded, and under the rewards as they are now. */
export class Rollouts {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #views: Record<View, HTMLElement>;
  readonly #segments: Segments<View>;
  readonly #picker: HTMLElement;

  constructor(store: Store) {
    this.#store = store;
    const groups = new Groups(store);
    this.#picker = groups.picker;
    this.#views = { recorded: groups.element, rescored: new Rescore(store).element };
    this.#segments = new Segments(VIEWS, (rollouts) => store.setLayout({ rollouts }));
    this.element = el(
      'div',
      { class: 'rollouts' },
      el('div', { class: 'bar rollouts-bar' }, this.#picker, el('span', { class: 'spacer' }), this.#segments.element),
      ...Object.values(this.#views),
    );
    store.subscribe((changes) => {
      if (changes.has('layout')) this.#update();
    });
    this.#update();
  }

  #update(): void {
    const { rollouts } = this.#store.layout;
    this.#segments.chosen = rollouts;
    for (const view of Object.keys(VIEWS) as View[]) this.#views[view].hidden = view !== rollouts;
    this.#picker.classList.toggle('elsewhere', rollouts !== 'recorded');
  }
}
