import './differences-view.css';
import { el, setText } from '../dom.ts';
import { host, onMessage } from '../host.ts';
import type { Store } from '../store.ts';
import { CodeDiffs } from './code-diffs.ts';
import type { Contents } from './content-rows.ts';
import { differenceSections, nothingDiffers, unrecordedRows } from './difference-sections.ts';
import { DifferenceTable } from './difference-table.ts';
import { shownRuns } from './overlays.ts';
import { resultRows } from './result-rows.ts';

/** What came of the chosen runs, and in what they differ: config, reward code, data, machine. */
export class DifferencesView {
  readonly element: HTMLElement;
  readonly controls: HTMLElement;
  readonly #store: Store;
  readonly #table = new DifferenceTable();
  readonly #code = new CodeDiffs();
  readonly #all: HTMLElement;
  readonly #summary = el('span', { class: 'muted' });
  readonly #contents = new Map<string, Contents>();
  readonly #asked = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
    const toggle = () => store.setLayout({ compareAll: !store.layout.compareAll });
    this.#all = el('button', { class: 'toggle', onclick: toggle }, 'Show All Fields');
    this.controls = el('div', { class: 'view-controls' }, this.#summary, el('span', { class: 'spacer' }), this.#all);
    this.element = el(
      'div',
      { class: 'differences', tabindex: 0, role: 'region', 'aria-label': 'Differences' },
      this.#table.element,
      this.#code.element,
    );
    onMessage('runContents', ({ folder, versions, rows }) => {
      this.#contents.set(folder, { versions, rows });
      if (!this.element.hidden) this.update();
    });
  }

  update(): void {
    const runs = shownRuns(this.#store);
    const all = this.#store.layout.compareAll;
    this.#all.setAttribute('aria-pressed', String(all));
    for (const { head } of runs) this.#ask(head.folder);
    const described = runs.map(({ head }) => ({ head, contents: this.#contents.get(head.folder) }));
    const differences = differenceSections(described, all);
    const count = differences.reduce((sum, { rows }) => sum + rows.length, 0);
    setText(this.#summary, all ? '' : count === 0 ? '' : `${count} ${count === 1 ? 'difference' : 'differences'}`);
    const told =
      count === 0 ? [...differences, { title: 'Differences', rows: nothingDiffers(described) }] : differences;
    const unknown = unrecordedRows(described);
    this.#table.show(runs, [
      { title: 'Results', rows: resultRows(runs.map(({ columns }) => columns)) },
      ...told,
      { title: 'Not recorded', rows: unknown },
    ]);
    this.#code.show(runs);
  }

  #ask(folder: string): void {
    if (this.#asked.has(folder)) return;
    this.#asked.add(folder);
    host.postMessage({ type: 'runContents', folder });
  }
}
