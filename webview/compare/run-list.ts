import type { RunSummary } from '../../src/protocol/dashboard.ts';
import { shortTime } from '../../src/text/start-time.ts';
import { readTheme } from '../charts/theme.ts';
import { el, setText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { Store } from '../store.ts';

interface ListedRun {
  run: RunSummary;
  /** When it started. */
  time: string;
}

/** The other runs of the workspace, each with a box that lays it over this one. */
export class RunList {
  readonly element = el('ul', { class: 'runs' });
  readonly empty = el('p', { class: 'empty' }, 'No other runs in this workspace yet.');
  readonly #store: Store;
  readonly #runs = new KeyedList<ListedRun>(
    this.element,
    ({ run }) => run.folder,
    ({ run }) => this.#run(run),
  );

  constructor(store: Store) {
    this.#store = store;
  }

  update(): void {
    const { others } = this.#store;
    this.empty.hidden = others.length > 0;
    this.element.hidden = others.length === 0;
    this.#runs.show(others.map((run) => ({ run, time: shortTime(run.createdAt) })));
  }

  #run({ folder }: RunSummary): Row<ListedRun> {
    const compared = () => this.#store.layout.compared;
    const toggle = () =>
      this.#store.compare(
        compared().includes(folder) ? compared().filter((other) => other !== folder) : [...compared(), folder],
      );
    const box = el('input', { type: 'checkbox', id: `compare-${folder}`, onchange: toggle });
    const swatch = el('span', { class: 'swatch dashed' });
    const name = el('span', { class: 'run-name' });
    const about = el('span', { class: 'muted' });
    const update = ({ run: { name: called, state, step }, time }: ListedRun) => {
      const checked = compared().includes(folder);
      box.checked = checked;
      swatch.hidden = !checked;
      if (checked) swatch.style.setProperty('--color', readTheme().palette[this.#store.overlayColor(folder)]!);
      setText(name, called);
      setText(about, `${time} · ${state} · step ${formatCount(step)}`);
    };
    return { element: el('li', {}, el('label', {}, box, swatch, name, about)), update };
  }
}
