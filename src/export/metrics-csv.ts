import type { MetricColumns } from '../protocol/metric-columns.ts';
import { MetricsTail } from '../run-folder/metrics-tail.ts';
import type { ExportedRun } from './exported-run.ts';
import { writeOutput } from './output-file.ts';
import { writePieces } from './text-writer.ts';

/** Writes the metrics of runs as CSV (RFC 4180): a line for each run and step, a column for each metric of any of them. */
export async function exportMetrics(target: string, runs: readonly ExportedRun[]): Promise<void> {
  const read: ReadRun[] = [];
  for (const { folder, label } of runs) {
    const tail = new MetricsTail(folder);
    await tail.read();
    read.push({ label, columns: tail.columns });
  }
  await writeOutput(target, (file) => writePieces(file, metricsCsv(read)));
}

interface ReadRun {
  label: string;
  columns: MetricColumns;
}

/** Numbers with all their digits; what a run has no value for is empty. */
export function* metricsCsv(runs: readonly ReadRun[]): Generator<string> {
  const keys = [...new Set(runs.flatMap(({ columns }) => columns.keys))];
  yield line(['run', 'step', ...keys].map(quoted));
  for (const { label, columns } of runs) {
    const values = keys.map((key) => columns.values(key));
    for (let row = 0; row < columns.length; row++)
      yield line([quoted(label), String(columns.steps[row]!), ...values.map((column) => numeric(column?.[row]))]);
  }
}

const line = (cells: readonly string[]): string => `${cells.join(',')}\r\n`;
const numeric = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? '' : String(value);
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
