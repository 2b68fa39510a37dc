import { datasetFiles } from '../files/dataset-files.ts';
import type { SourceLocation } from '../protocol/errors.ts';
import { readRows } from './readers/read-rows.ts';
import { type MappedRow, type MappingContext, type MappingSettings, rowMapping } from './row-mapping.ts';

/** One prompt to train on. */
export interface DatasetRow extends MappedRow {
  /** Where the row is. */
  at: SourceLocation;
  /** The share of the start model's completions that solved it, where `difficulty` has measured that. */
  solveRate?: number;
}

export interface DatasetPlace extends MappingContext {
  /** What a config names: files, patterns, folders. */
  named: string | string[];
  /** The config's line that names it. */
  at?: SourceLocation | undefined;
  /** Only the first rows. */
  most?: number | undefined;
  /** Hears, once each, which columns were changed or skipped because JSON has no such values. */
  onNote?: ((note: string) => void) | undefined;
}

/** Reads a dataset, and makes its rows prompts as the config says. Throws BadInput at the row, or the config's field, that is wrong. */
export async function loadDataset(
  { named, at, most, onNote, placeOf, isChat }: DatasetPlace,
  settings: MappingSettings,
): Promise<DatasetRow[]> {
  const rows = await readRows(datasetFiles(named), { what: 'dataset', at, most, onNote });
  // The same columns are expected of every dataset of a config.
  const toPrompt = rowMapping(rows, settings, {
    placeOf: (path) => (path[0] === 'dataset' ? at : placeOf?.(path)),
    isChat,
  });
  return rows.map((row) => ({ ...toPrompt(row), at: row.at }));
}
