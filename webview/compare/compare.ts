import './compare.css';
import { el, setText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { host } from '../host.ts';
import type { Layout } from '../layout.ts';
import { Segments } from '../segments.ts';
import type { Change, Store } from '../store.ts';
import { CompletionsView } from './completions-view.ts';
import { CurvesView } from './curves-view.ts';
import { DifferencesView } from './differences-view.ts';
import { shownRuns, shownSeedSets } from './overlays.ts';
import { RunTable } from './run-table.ts';

const VIEWS = { differences: 'Differences', curves: 'Curves', completions: 'Completions' } as const satisfies Record<
  Layout['compareView'],
  string
>;
type View = Layout['compareView'];
const NAMES = Object.keys(VIEWS) as View[];

/** The runs of the workspace: which to lay over this one, in what they differ, what came of them, what they wrote. */
export class Compare {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #table: RunTable;
  readonly #search: HTMLInputElement;
  readonly #count = el('span', { class: 'muted', role: 'status' });
  readonly #group: HTMLElement;
  readonly #addSeeds: HTMLElement;
  readonly #clear: HTMLElement;
  readonly #views: Record<View, { element: HTMLElement; controls: HTMLElement; update(): void }>;
  readonly #segments: Segments<View>;
  readonly #viewBar: HTMLElement;
  readonly #hint = el('p', { class: 'empty' });
  /** What came of the runs is read for those who look at it. */
  #asked = false;

  constructor(store: Store) {
    this.#store = store;
    this.#table = new RunTable(store);
    this.#search = el('input', {
      ...{ type: 'search', placeholder: 'Search runs (/)', 'aria-label': 'Search runs' },
      oninput: () => this.#update(),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== 'Escape' || this.#search.value === '') return;
        this.#search.value = '';
        this.#update();
        event.stopPropagation();
      },
    });
    const toggleSeeds = () => store.setLayout({ groupSeeds: !store.layout.groupSeeds });
    this.#group = el('button', { class: 'toggle', onclick: toggleSeeds, title: GROUP_SEEDS }, 'Group Seeds');
    this.#addSeeds = el('button', { class: 'flat', onclick: () => this.#compareSeeds(), title: GROUP_SEEDS });
    this.#clear = el('button', { class: 'flat', onclick: () => store.compare([]) }, 'Clear Selection');
    this.#views = {
      differences: new DifferencesView(store),
      curves: new CurvesView(store),
      completions: new CompletionsView(store),
    };
    this.#segments = new Segments(VIEWS, (compareView) => store.setLayout({ compareView }));
    const controls = Object.values(this.#views).map((view) => view.controls);
    this.#viewBar = el('div', { class: 'bar' }, this.#segments.element, ...controls);
    const spacer = el('span', { class: 'spacer' });
    this.element = el(
      'div',
      { class: 'compare' },
      el('div', { class: 'bar' }, this.#search, this.#count, spacer, this.#addSeeds, this.#group, this.#clear),
      this.#table.element,
      this.#viewBar,
      this.#hint,
      ...Object.values(this.#views).map(({ element }) => element),
    );
    store.subscribe((changes) => this.#onChange(changes));
  }

  /** Nothing is computed for a tab that nobody sees. */
  #onChange(changes: ReadonlySet<Change>): void {
    const { main, layout } = this.#store;
    if (!main || layout.tab !== 'compare') return;
    if (!this.#asked) {
      this.#asked = true;
      host.postMessage({ type: 'runResults' });
    }
    if (['head', 'columns', 'runs', 'compared', 'layout'].some((change) => changes.has(change as Change)))
      this.#update();
  }

  #update(): void {
    const { compared, compareView, groupSeeds } = this.#store.layout;
    this.#table.search = this.#search.value;
    const { runs, found } = this.#table.update();
    const shown = shownRuns(this.#store).length;
    setText(this.#count, runs === 0 ? '' : countText(compared.length, runs, this.#search.value === '' ? runs : found));
    this.#clear.hidden = compared.length === 0;
    this.#group.hidden = shownSeedSets(this.#store).length === 0;
    this.#group.setAttribute('aria-pressed', String(groupSeeds));
    const others = this.#otherSeeds().length;
    this.#addSeeds.hidden = others === 0;
    setText(this.#addSeeds, `Add ${formatCount(others)} Other ${others === 1 ? 'Seed' : 'Seeds'}`);

    const hint = hintOf(runs, shown, compareView);
    setText(this.#hint, hint);
    this.#hint.hidden = hint === '';
    this.#viewBar.hidden = runs === 0;
    this.#segments.chosen = compareView;
    for (const view of NAMES) {
      const chosen = view === compareView && runs > 0;
      // Differences from nothing are none.
      const empty = view === 'differences' && shown < 2;
      this.#views[view].element.hidden = this.#views[view].controls.hidden = !chosen || empty;
      if (chosen) this.#views[view].update();
    }
  }

  /** Runs that differ only in seed from one that is chosen, and are not. */
  #otherSeeds(): string[] {
    const { main, layout, seedSets } = this.#store;
    const chosen = [main!.head.folder, ...layout.compared];
    return seedSets
      .filter((set) => set.some((folder) => chosen.includes(folder)))
      .flatMap((set) => set.filter((folder) => !chosen.includes(folder)));
  }

  #compareSeeds(): void {
    this.#store.compare([...this.#store.layout.compared, ...this.#otherSeeds()]);
    this.#store.setLayout({ groupSeeds: true });
  }
}

const GROUP_SEEDS =
  'Runs with the same config, reward code and data that differ only in seed: drawn as their mean, with a band from the lowest to the highest';

const countText = (chosen: number, runs: number, found: number): string => {
  const all = `${formatCount(runs)} other ${runs === 1 ? 'run' : 'runs'}`;
  const listed = found === runs ? all : `${formatCount(found)} of ${all}`;
  return chosen === 0 ? listed : `${listed} · ${formatCount(chosen)} chosen`;
};

function hintOf(runs: number, shown: number, view: View): string {
  if (runs === 0) return 'No other runs in this workspace yet.';
  if (shown > 1) return '';
  return {
    differences: 'Choose a run above to see in what it differs from this one.',
    curves: 'Choose runs above to draw their curves with this one.',
    completions: 'Choose a run above to read its completions beside those of this one.',
  }[view];
}
