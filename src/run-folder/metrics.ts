import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import { type MetricsRow, metricsRow, RUN_FILES } from '../protocol/run-folder.ts';
import { parseRows } from './rows.ts';

/** The rows of `metrics.jsonl`, without a torn last one. */
export function readMetrics(run: string): MetricsRow[] {
  const file = join(run, RUN_FILES.metrics);
  if (!existsSync(file)) return [];
  try {
    return parseRows(readText(file, RUN_FILE)).map((row) => metricsRow.parse(row));
  } catch {
    throw new BadInput('This file has lines that are no metrics; start a new run instead.', { file });
  }
}
