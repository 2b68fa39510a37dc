import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readEndLater, readText } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import { type MetricsRow, metricsRow, RUN_FILES } from '../protocol/run-folder.ts';
import { parseRows } from './rows.ts';

/** More than one line of `metrics.jsonl` can be long. */
const TAIL_BYTES = 64 * 1024;

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

/** The mean reward of the last step; null before the first, and where it cannot be read. */
export async function lastReward(run: string): Promise<number | null> {
  try {
    const last = parseRows(await readEndLater(join(run, RUN_FILES.metrics), 'file', TAIL_BYTES)).at(-1);
    return (last as { reward?: number | null } | undefined)?.reward ?? null;
  } catch {
    // A reward that cannot be shown is no reason to hide the run.
    return null;
  }
}
