import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { type MetricsRow, metricsRow, RUN_FILES } from '../protocol/run-folder.ts';
import { parseRows } from './rows.ts';

/** The rows of `metrics.jsonl`, without a torn last one. */
export function readMetrics(run: string): MetricsRow[] {
  const file = join(run, RUN_FILES.metrics);
  if (!existsSync(file)) return [];
  const problem = 'This line has no metrics of a step; start a new run instead.';
  return parseRows(readText(file, RUN_FILE), { file, parse: parseMetrics, problem });
}

/** As it was written: what is written of it again is the same to the letter. */
function parseMetrics(line: string): MetricsRow {
  const row: unknown = JSON.parse(line);
  metricsRow.parse(row);
  return row as MetricsRow;
}
