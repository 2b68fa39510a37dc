import type { SourceLocation } from '../../protocol/errors.ts';
import { formatOf } from './format.ts';

/** How many rows the files have, where they say so themselves, as Parquet does; null where all of them would have to be read. */
export async function countRows(files: readonly string[], what: string, at?: SourceLocation): Promise<number | null> {
  if (!files.every((file) => formatOf(file, what, at) === 'parquet')) return null;
  const { parquetRowCount } = await import('./parquet-rows.ts');
  const counts = await Promise.all(files.map((file) => parquetRowCount(file, { what, at })));
  return counts.reduce((sum, count) => sum + count, 0);
}
