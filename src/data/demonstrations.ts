import { datasetFiles } from '../files/dataset-files.ts';
import type { SourceLocation } from '../protocol/errors.ts';
import type { Prompt } from '../protocol/rewards.ts';
import type { CompletionMapping } from '../protocol/stage-config.ts';
import type { DatasetPlace } from './dataset.ts';
import { readRows } from './readers/read-rows.ts';
import { completionReader, type MappingSettings, rowMapping } from './row-mapping.ts';

/** A prompt with the completion to learn. */
export interface Demonstration {
  prompt: Prompt;
  /** A text, or the messages that follow the prompt's. */
  completion: Prompt;
  /** Where the row is. */
  at: SourceLocation;
}

/** Reads a dataset of prompts and completions. Throws BadInput at the row, or the config's field, that is wrong. */
export async function loadDemonstrations(
  { named, at, most, onNote, placeOf = () => undefined, isChat }: DatasetPlace,
  settings: MappingSettings & { completion?: CompletionMapping | undefined },
): Promise<Demonstration[]> {
  const rows = await readRows(datasetFiles(named), { what: 'dataset', at, most, onNote });
  const place: typeof placeOf = (path) => (path[0] === 'dataset' ? at : placeOf(path));
  const toPrompt = rowMapping(rows, settings, { placeOf: place, isChat });
  const completionOf = completionReader(rows, settings.completion, settings.columns, place);
  return rows.map((row) => ({
    prompt: toPrompt(row).prompt,
    completion: completionOf(row.value, row.at),
    at: row.at,
  }));
}
