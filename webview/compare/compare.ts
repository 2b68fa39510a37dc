import './compare.css';
import type { RunSummary } from '../../src/protocol/dashboard.ts';
import { readTheme } from '../charts/theme.ts';
import { el } from '../dom.ts';
import { formatCount, formatNumber } from '../format.ts';
import { host } from '../host.ts';
import type { ShownRun, Store } from '../store.ts';
import { configDifferences } from './config-diff.ts';
import { type CompareRow, contentRows, DIFFERS, isRecorded } from './content-rows.ts';
import { runLabels, runTimes } from './run-labels.ts';

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
    const times = runTimes(others);
    this.#runs.replaceChildren(
      ...(others.length === 0
        ? [el('li', { class: 'empty' }, 'There is no other run in this workspace yet.')]
        : others.map((run) => this.#run(run, times.get(run.folder)!))),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  #run({ folder, name, state, step }: RunSummary, time: string): HTMLElement {
    const { compared } = this.#store.layout;
    const checked = compared.includes(folder);
    const toggle = () =>
      this.#store.compare(checked ? compared.filter((other) => other !== folder) : [...compared, folder]);
    const swatch = el('span', { class: 'swatch dashed' });
    if (checked) swatch.style.setProperty('--color', readTheme().palette[this.#store.overlayColor(folder)]!);
    return el(
      'li',
      {},
      el(
        'label',
        {},
        el('input', { type: 'checkbox', id: `compare-${folder}`, checked, onchange: toggle }),
        checked && swatch,
        el('span', { class: 'run-name' }, name),
        el('span', { class: 'muted' }, `${time} · ${state} · step ${formatCount(step)}`),
      ),
    );
  }

  #showTable(): void {
    const { main, compared } = this.#store;
    const runs = [main!, ...compared.values()];
    const rows: CompareRow[] = runs.length > 1 ? [...results(runs), ...differences(runs)] : [];
    const heads = runs.map(({ head }) => head);
    const [labels, times] = [runLabels(heads), runTimes(heads)];
    const shown = JSON.stringify([rows, [...labels]]);
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
            ...heads.map(({ folder }, i) => {
              const [label, time] = [labels.get(folder)!, times.get(folder)!];
              const note = i === 0 ? ' (this run)' : label.endsWith(time) ? '' : ` ${time}`;
              return el('th', { scope: 'col' }, label, el('span', { class: 'muted' }, note));
            }),
          ),
        ),
        el(
          'tbody',
          {},
          ...rows.map(({ field, values, source }) =>
            el(
              'tr',
              {},
              el('th', { scope: 'row' }, field),
              ...values.map((value, i) =>
                el(
                  'td',
                  {},
                  value ?? el('span', { class: 'muted' }, source === undefined ? 'not set' : 'not used'),
                  source !== undefined && value === DIFFERS && showDiff(runs[i]!.head.folder, source),
                ),
              ),
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

/** That nothing differs is said only of what is known. */
function differences(runs: readonly ShownRun[]): CompareRow[] {
  const heads = runs.map(({ head }) => head);
  const rows: CompareRow[] = [...configDifferences(heads.map(({ config }) => config)), ...contentRows(heads)];
  const all = heads.every(isRecorded);
  if (rows.length === 0)
    rows.push({ field: all ? 'config, reward code and data' : 'config', values: runs.map(() => 'identical') });
  if (!all)
    rows.push({
      field: 'reward code and data',
      values: heads.map((head) => (isRecorded(head) ? 'recorded' : 'not recorded by its release')),
    });
  return rows;
}

const showDiff = (folder: string, name: string) =>
  el('button', { class: 'flat', onclick: () => host.postMessage({ type: 'rewardDiff', folder, name }) }, 'Show Diff');
