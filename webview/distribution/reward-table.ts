import type { StepRewards } from '../../src/protocol/dashboard-overview.ts';
import { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { Curves } from '../charts/curves.ts';
import type { ChartDefinition, SeriesDefinition } from '../charts/definitions.ts';
import { ChartTable } from '../charts/table.ts';
import { histogramOf, quantile } from './bins.ts';

const QUANTILES = { min: 0, '25 %': 0.25, median: 0.5, '75 %': 0.75, max: 1 };
const COUNTS = ['completions', 'scored'];

/** The distribution of each step's rewards in numbers. */
export class RewardTable {
  readonly definition: ChartDefinition;
  readonly element: HTMLElement;
  readonly #table: ChartTable;
  #curves = new Curves(new MetricColumns());

  constructor(title: string) {
    const series = [...Object.keys(QUANTILES), ...COUNTS].map(
      (label): SeriesDefinition => ({ id: label, label, terms: [{ key: label, weight: 1 }], color: 0 }),
    );
    this.definition = { id: 'distribution', title, series };
    this.#table = new ChartTable(this);
    this.element = this.#table.element;
  }

  /** `steps` in ascending order. */
  show(steps: readonly StepRewards[], name: string | null, range: [number, number]): void {
    const columns = new MetricColumns();
    for (const rewards of steps) {
      const histogram = histogramOf(rewards, name);
      if (!histogram) continue;
      const quantiles = Object.entries(QUANTILES).map(([label, share]) => [label, quantile(histogram, share)]);
      const scored = histogram.counts.reduce((sum, count) => sum + count, 0);
      columns.push({ ...Object.fromEntries(quantiles), completions: rewards.completions, scored, step: rewards.step });
    }
    this.#curves = new Curves(columns);
    this.#table.update({ runs: [{ curves: this.#curves }], axis: 'step', range });
  }

  valueAt({ terms }: SeriesDefinition, row: number): number {
    return this.#curves.at(terms, row);
  }

  format(value: number): string {
    return formatNumber(value);
  }
}
