import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { fileName } from '../../src/text/files-by-name.ts';
import type { PlottedRun } from '../charts/curves.ts';
import type { ChartDefinition } from '../charts/definitions.ts';

/** RFC 4180; missing values are empty. */
function csv(headings: readonly string[], rows: Iterable<readonly (string | number)[]>): string {
  const lines = [headings.map(quoted).join(',')];
  for (const row of rows)
    lines.push(row.map((value) => (typeof value === 'string' ? quoted(value) : numeric(value))).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

const numeric = (value: number) => (Number.isNaN(value) ? '' : String(value));
const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A chart's values at the steps of the x axis: this run's, then those of the runs laid over, one line per run and step. */
export function chartCsv(
  { series }: ChartDefinition,
  runs: readonly PlottedRun[],
  [from, to]: readonly [number, number],
): string {
  const rows = runs.flatMap(({ folder, curves }) => {
    const { columns } = curves;
    const lines: (string | number)[][] = [];
    const id = fileName(folder);
    for (let row = columns.indexOf(from); row < columns.length && columns.steps[row]! <= to; row++)
      lines.push([id, columns.steps[row]!, ...series.map(({ shown, terms }) => curves.at(shown ?? terms, row))]);
    return lines;
  });
  return csv(['run', 'step', ...series.map(({ label }) => label)], rows);
}

/** All metrics of a run under their own keys. */
export function metricsCsv(columns: MetricColumns): string {
  const { keys } = columns;
  const values = keys.map((key) => columns.values(key)!);
  const rows = Array.from({ length: columns.length }, (_, row) => [
    columns.steps[row]!,
    ...values.map((column) => column[row]!),
  ]);
  return csv(['step', ...keys], rows);
}
