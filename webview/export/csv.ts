import { csvLine } from '../../src/text/csv.ts';
import type { PlottedRun } from '../charts/curves.ts';
import type { ChartDefinition } from '../charts/definitions.ts';

/** A chart's values at the steps of the x axis: this run's, then those of the runs laid over, one line per run and step. */
export function chartCsv(
  { series }: ChartDefinition,
  runs: readonly PlottedRun[],
  [from, to]: readonly [number, number],
): string {
  const rows = runs.flatMap(({ label, curves }) => {
    const { columns } = curves;
    const lines: string[] = [];
    for (let row = columns.indexOf(from); row < columns.length && columns.steps[row]! <= to; row++)
      lines.push(
        csvLine([label, columns.steps[row], ...series.map(({ shown, terms }) => curves.at(shown ?? terms, row))]),
      );
    return lines;
  });
  return [csvLine(['run', 'step', ...series.map((one) => one.label)]), ...rows].join('');
}
