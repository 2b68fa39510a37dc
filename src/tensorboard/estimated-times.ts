import type { MetricsRow } from '../protocol/run-folder.ts';
import { TIMES } from '../protocol/step-times.ts';

/**
 * Rows of metrics do not say when they were recorded. About when, in seconds since 1970, if the run started at `createdAt` (ISO 8601) and was
 * never interrupted.
 */
export function* withTimes(rows: readonly MetricsRow[], createdAt: string): Generator<[MetricsRow, number]> {
  let seconds = Date.parse(createdAt) / 1000;
  for (const row of rows) {
    for (const key of TIMES) seconds += row[key] ?? 0;
    yield [row, seconds];
  }
}
