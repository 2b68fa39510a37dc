import './dock.css';
import { el } from './dom.ts';
import type { Store } from './store.ts';

const TABS = { groups: 'Group advantages', compare: 'Compare runs', rescore: 'Rescore' } as const;
type Tab = keyof typeof TABS;

/** The pane beside (or, in a narrow window, below) the curves, with a splitter between them. */
export class Dock {
  readonly splitter: HTMLElement;
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #panes: Record<Tab, HTMLElement>;
  readonly #tabs: Record<Tab, HTMLElement>;

  constructor(store: Store, panes: Record<Tab, HTMLElement>) {
    this.#store = store;
    this.#panes = panes;
    const names = Object.keys(TABS) as Tab[];
    this.#tabs = Object.fromEntries(names.map((name) => [name, this.#tab(name)])) as Record<Tab, HTMLElement>;
    for (const name of names) {
      panes[name].id = `pane-${name}`;
      panes[name].setAttribute('role', 'tabpanel');
      panes[name].setAttribute('aria-labelledby', `tab-${name}`);
    }
    this.splitter = this.#splitter();
    this.element = el(
      'aside',
      { class: 'dock', 'aria-label': 'Groups and comparison' },
      el('div', { class: 'tabs', role: 'tablist' }, ...Object.values(this.#tabs)),
      ...Object.values(panes),
    );
    store.subscribe((changes) => {
      if (changes.has('layout')) this.#update();
    });
    this.#update();
  }

  #update(): void {
    const { tab, split } = this.#store.layout;
    for (const name of Object.keys(TABS) as Tab[]) {
      this.#tabs[name].setAttribute('aria-selected', String(name === tab));
      this.#tabs[name].tabIndex = name === tab ? 0 : -1;
      this.#panes[name].hidden = name !== tab;
    }
    this.element.style.setProperty('--split', `${(split * 100).toFixed(1)}%`);
    this.splitter.setAttribute('aria-valuenow', String(Math.round((1 - split) * 100)));
  }

  #tab(name: Tab): HTMLElement {
    const choose = (tab: Tab) => {
      this.#store.setLayout({ tab });
      this.#tabs[tab].focus();
    };
    return el(
      'button',
      {
        id: `tab-${name}`,
        class: 'tab',
        role: 'tab',
        'aria-controls': `pane-${name}`,
        onclick: () => choose(name),
        onkeydown: (event: KeyboardEvent) => {
          const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
          const names = Object.keys(TABS) as Tab[];
          if (by !== undefined) choose(names.at((names.indexOf(name) + by) % names.length)!);
        },
      },
      TABS[name],
    );
  }

  #splitter(): HTMLElement {
    const resize = (split: number) => this.#store.setLayout({ split: Math.min(0.75, Math.max(0.2, split)) });
    const splitter = el('div', {
      class: 'splitter',
      role: 'separator',
      tabindex: 0,
      'aria-label': 'Chart height',
      'aria-valuemin': 25,
      'aria-valuemax': 80,
      onkeydown: (event: KeyboardEvent) => {
        const by = { ArrowLeft: 0.02, ArrowUp: 0.02, ArrowRight: -0.02, ArrowDown: -0.02 }[event.key];
        if (by === undefined) return;
        resize(this.#store.layout.split + by);
        event.preventDefault();
      },
      onpointerdown: (event: PointerEvent) => splitter.setPointerCapture(event.pointerId),
      onpointermove: (event: PointerEvent) => {
        if (!splitter.hasPointerCapture(event.pointerId)) return;
        const box = splitter.parentElement!.getBoundingClientRect();
        const beside = getComputedStyle(splitter.parentElement!).flexDirection === 'row';
        resize(beside ? (box.right - event.clientX) / box.width : (box.bottom - event.clientY) / box.height);
      },
    });
    return splitter;
  }
}
