import './compare.css';
import { formatNumber } from '../../src/text/numbers.ts';
import { el } from '../dom.ts';
import { formatCount } from '../format.ts';
import type { ShownRun, Store } from '../store.ts';
import { configDifferences } from './config-diff.ts';
import { type CompareRow, contentRows, isRecorded } from './content-rows.ts';
import { DifferenceTable } from './difference-table.ts';
import { RunList } from './run-list.ts';

/** Lays other runs over this one, and shows in what their configs differ and what came of it. */
export class Compare {
  readonly element = el('div', { class: 'compare' });
  readonly #store: Store;
  readonly #runs: RunList;
  readonly #table = new DifferenceTable();
  readonly #region = el('div', { class: 'differences', tabindex: 0, role: 'region', 'aria-label': 'Differences' });

  constructor(store: Store) {
    this.#store = store;
    this.#runs = new RunList(store);
    this.#region.append(this.#table.element);
    this.element.append(el('h2', {}, 'Overlay Runs'), this.#runs.element, this.#runs.empty, this.#region);
    store.subscribe((changes) => {
      if (!store.main) return;
      if (changes.has('runs') || changes.has('compared') || changes.has('layout')) this.#runs.update();
      this.#showTable();
    });
  }

  #showTable(): void {
    const { main, compared } = this.#store;
    const runs = [main!, ...compared.values()];
    this.#table.element.hidden = runs.length < 2;
    if (runs.length > 1) this.#table.show(runs, [...results(runs), ...differences(runs)]);
  }
}

/** Rewards of single steps are noisy: the mean of the last ones says where a run is now. */
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

/** Only known values are called identical. */
function differences(runs: readonly ShownRun[]): CompareRow[] {
  const heads = runs.map(({ head }) => head);
  const rows: CompareRow[] = [...configDifferences(heads.map(({ config }) => config)), ...contentRows(heads)];
  const all = heads.every(isRecorded);
  if (rows.length === 0)
    rows.push({ field: all ? 'config, reward code and data' : 'config', values: runs.map(() => 'identical') });
  if (!all)
    rows.push({
      field: 'reward code and data',
      values: heads.map((head) => (isRecorded(head) ? 'recorded' : 'not recorded by its version')),
    });
  return rows;
}
