import './tabs.css';
import { el } from './dom.ts';
import { keyList } from './key-list.ts';
import { isTyping } from './keys.ts';
import type { Layout } from './layout.ts';
import type { Store } from './store.ts';

const TABS = {
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
  readonly #keys = keyList();

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
      el(
        'div',
        { class: 'tab-bar' },
        el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Run' }, ...Object.values(this.#tabs)),
        this.#keys.button,
        this.#keys.list,
      ),
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
    else if (event.key === '?') this.#keys.list.togglePopover();
    else if (event.key === '/') {
      const fields = this.#panes[this.#store.layout.tab].querySelectorAll<HTMLElement>('input[type=search]');
      const search = [...fields].find((field) => field.checkVisibility());
      if (!search) return;
      search.focus();
      event.preventDefault();
    }
  }

  /** From its heading down into a tab's list, where it has one. */
  #enterList(name: Tab): boolean {
    const lists = this.#panes[name].querySelectorAll<HTMLElement>('.virtual-list, .checkpoint[aria-current=true]');
    const list = [...lists].find((element) => element.checkVisibility());
    list?.focus();
    return list !== undefined;
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
          const at = NAMES.indexOf(name);
          const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 }[event.key];
          if (to !== undefined) this.#choose(NAMES.at(to % NAMES.length)!);
          else if (event.key !== 'ArrowDown' || !this.#enterList(name)) return;
          event.preventDefault();
        },
      },
      TABS[name],
    );
  }
}
