import { el, setText } from '../dom.ts';
import type { Store } from '../store.ts';

/** What the run really ran with. */
export class Config {
  readonly element: HTMLElement;

  constructor(store: Store) {
    const text = el('pre');
    this.element = el('div', { class: 'config' }, text);
    store.subscribe((changes) => {
      if (changes.has('head') && store.main) setText(text, JSON.stringify(store.main.head.config, null, 2));
    });
  }
}
