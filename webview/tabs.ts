import './tabs.css';
import { el } from './dom.ts';
import { isTyping } from './keys.ts';
import type { Layout } from './layout.ts';
import type { Store } from './store.ts';

export const TABS = {
  overview: 'Overview',
  rollouts: 'Rollouts',
  compare: 'Compare',
  config: 'Config',
  checkpoints: 'Checkpoints',
} as const satisfies Record<Layout['tab'], string>;
type Tab = Layout['tab'];
const NAMES = Object.keys(TABS) as Tab[];

/** One run, five ways to look at it, each with the whole height. The keys 1 to 5 go to them from anywhere. */
export class Tabs {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #panes: Record<Tab, HTMLElement>;
  readonly #tabs: Record<Tab, HTMLElement>;

  constructor(store: Store, panes: Record<Tab, HTMLElement>) {
    this.#store = store;
    this.#panes = panes;
    this.#tabs = Object.fromEntries(NAMES.map((name) => [name, this.#tab(name)])) as Record<Tab, HTMLElement>;
    for (const name of NAMES) {
      panes[name].id = `pane-${name}`;
      panes[name].classList.add('pane');
      panes[name].setAttribute('role', 'tabpanel');
      panes[name].setAttribute('aria-labelledby', `tab-${name}`);
    }
    this.element = el(
      'main',
      {},
      el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Run' }, ...Object.values(this.#tabs)),
      ...Object.values(panes),
    );
    store.subscribe((changes) => {
      if (changes.has('layout')) this.#update();
    });
    document.addEventListener('keydown', (event) => this.#onKey(event));
    this.#update();
  }

  #update(): void {
    const { tab } = this.#store.layout;
    for (const name of NAMES) {
      this.#tabs[name].setAttribute('aria-selected', String(name === tab));
      this.#tabs[name].tabIndex = name === tab ? 0 : -1;
      this.#panes[name].hidden = name !== tab;
    }
  }

  #choose(tab: Tab): void {
    this.#store.setLayout({ tab });
    this.#tabs[tab].focus();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const tab = /^[1-5]$/.test(event.key) ? NAMES[Number(event.key) - 1] : undefined;
    if (tab) this.#choose(tab);
    else if (event.key === '/') {
      const search = this.#panes[this.#store.layout.tab].querySelector<HTMLElement>('input[type=search]');
      if (!search) return;
      search.focus();
      event.preventDefault();
    }
  }

  #tab(name: Tab): HTMLElement {
    return el(
      'button',
      {
        id: `tab-${name}`,
        class: 'tab',
        role: 'tab',
        title: `${TABS[name]} (${NAMES.indexOf(name) + 1})`,
        'aria-controls': `pane-${name}`,
        onclick: () => this.#choose(name),
        onkeydown: (event: KeyboardEvent) => {
          const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
          if (by !== undefined) this.#choose(NAMES.at((NAMES.indexOf(name) + by) % NAMES.length)!);
        },
      },
      TABS[name],
    );
  }
}
