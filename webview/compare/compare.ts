import './compare.css';
import type { RunSummary } from '../../src/protocol/dashboard.ts';
import { overlayColor } from '../charts/overlay-color.ts';
import { readTheme } from '../charts/theme.ts';
import { el } from '../dom.ts';
import { formatCount, formatNumber, formatTime } from '../format.ts';
import type { ShownRun, Store } from '../store.ts';
import { configDifferences } from './config-diff.ts';

/** Lays other runs over this one, and shows in what their configs differ and what came of it. */
export class Compare {
  readonly element = el('div', { class: 'compare' });
  readonly #store: Store;
  readonly #runs = el('ul', { class: 'runs' });
  readonly #table = el('div', { class: 'differences', tabindex: 0, role: 'region', 'aria-label': 'Differences' });
  #shownRuns = '';
  #shownTable = '';

  constructor(store: Store) {
    this.#store = store;
    this.element.append(el('h2', {}, 'Lay over the curves'), this.#runs, this.#table);
    store.subscribe((changes) => {
      if (!store.main) return;
      if (changes.has('runs') || changes.has('compared') || changes.has('layout')) this.#showRuns();
      this.#showTable();
    });
  }

  #showRuns(): void {
    const { others, layout } = this.#store;
    const shown = JSON.stringify([others, layout.compared]);
    if (shown === this.#shownRuns) return;
    this.#shownRuns = shown;
    // A click replaces the list: the focus stays at the run that was clicked.
    const focused = this.#runs.contains(document.activeElement) ? document.activeElement?.id : undefined;
    this.#runs.replaceChildren(
      ...(others.length === 0
        ? [el('li', { class: 'empty' }, 'There is no other run in this workspace yet.')]
        : others.map((run) => this.#run(run))),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  #run({ folder, name, createdAt, state, step }: RunSummary): HTMLElement {
    const { compared } = this.#store.layout;
    const checked = compared.includes(folder);
    const toggle = () =>
      this.#store.compare(checked ? compared.filter((other) => other !== folder) : [...compared, folder]);
    const swatch = el('span', { class: 'swatch dashed' });
    if (checked) swatch.style.setProperty('--color', readTheme().palette[overlayColor(compared.indexOf(folder))]!);
    return el(
      'li',
      {},
      el(
        'label',
        {},
        el('input', { type: 'checkbox', id: `compare-${folder}`, checked, onchange: toggle }),
        checked && swatch,
        el('span', { class: 'run-name' }, name),
        el('span', { class: 'muted' }, `${formatTime(createdAt)} · ${state} · step ${formatCount(step)}`),
      ),
    );
  }

  #showTable(): void {
    const { main, compared } = this.#store;
    const runs = [main!, ...compared.values()];
    const rows = runs.length > 1 ? [...results(runs), ...configRows(runs)] : [];
    const shown = JSON.stringify(rows);
    if (shown === this.#shownTable) return;
    this.#shownTable = shown;
    if (rows.length === 0) {
      this.#table.replaceChildren();
      return;
    }
    this.#table.replaceChildren(
      el(
        'table',
        {},
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            el('th', { scope: 'col' }, 'What differs'),
            ...runs.map(({ head }, i) =>
              el(
                'th',
                { scope: 'col' },
                head.name,
                el('span', { class: 'muted' }, i === 0 ? ' (this run)' : ` ${formatTime(head.createdAt)}`),
              ),
            ),
          ),
        ),
        el(
          'tbody',
          {},
          ...rows.map(({ field, values }) =>
            el(
              'tr',
              {},
              el('th', { scope: 'row' }, field),
              ...values.map((value) => el('td', {}, value ?? el('span', { class: 'muted' }, 'not set'))),
            ),
          ),
        ),
      ),
    );
  }
}

/** Rewards of single steps are noisy: the mean of the last ones says where a run stands. */
const LAST = 10;

function results(runs: readonly ShownRun[]) {
  return [
    { field: 'steps', values: runs.map(({ columns }) => formatCount(columns.lastStep)) },
    {
      field: `reward (mean of last ${LAST} steps)`,
      values: runs.map(({ columns }) => {
        const last = columns.values('reward')?.slice(Math.max(0, columns.length - LAST), columns.length) ?? [];
        const there = [...last].filter((reward) => !Number.isNaN(reward));
        return formatNumber(there.length > 0 ? there.reduce((sum, reward) => sum + reward, 0) / there.length : null);
      }),
    },
  ];
}

const configRows = (runs: readonly ShownRun[]) => {
  const rows = configDifferences(runs.map(({ head }) => head.config));
  return rows.length > 0 ? rows : [{ field: 'config', values: runs.map(() => 'the same') }];
};
