import type { MetricColumns } from '../protocol/metric-columns.ts';
import { MetricsTail } from '../run-folder/metrics-tail.ts';
import { csvLine } from '../text/csv.ts';
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

/** What a run has no value for is empty. */
function* metricsCsv(runs: readonly ReadRun[]): Generator<string> {
  const keys = [...new Set(runs.flatMap(({ columns }) => columns.keys))];
  yield csvLine(['run', 'step', ...keys]);
  for (const { label, columns } of runs) {
    const values = keys.map((key) => columns.values(key));
    for (let row = 0; row < columns.length; row++)
      yield csvLine([label, columns.steps[row], ...values.map((column) => column?.[row])]);
  }
}
