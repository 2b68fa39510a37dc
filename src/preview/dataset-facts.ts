import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { loadDataset } from '../data/dataset.ts';
import { readRows } from '../data/readers/read-rows.ts';
import type { MappingSettings } from '../data/row-mapping.ts';
import { columnNames, RESERVED } from '../data/shared-columns.ts';
import { datasetFiles } from '../files/dataset-files.ts';
import type { Prompt } from '../protocol/rewards.ts';
import { stringifyExact } from '../text/exact-json.ts';

/** What the dataset of a run config gives, as far as previews want to know. */
export interface DatasetFacts {
  /** Its name in messages. */
  name: string;
  /** Of the rows as reward functions get them, mapped as the config says. */
  columns: string[];
  /** Whether it gives this prompt; true where that is not known, as only its first rows were read, or one of them is no prompt. */
  gives(prompt: Prompt): boolean;
}

/** Larger datasets are not read to the end for a preview; their beginning tells the columns. */
const MOST_ROWS = 2000;

/** Reads what previews want to know of a dataset, again only where its files or the mapping have changed. Undefined where it cannot be read: the run config says so itself. */
export class DatasetReader {
  #key = '';
  #facts: Promise<DatasetFacts | undefined> = Promise.resolve(undefined);

  read(named: string | string[] | null, mapping: MappingSettings): Promise<DatasetFacts | undefined> {
    const key = JSON.stringify([named, mapping, named === null ? [] : changeTimes(named)]);
    if (key !== this.#key) this.#facts = named === null ? Promise.resolve(undefined) : factsOf(named, mapping);
    this.#key = key;
    return this.#facts;
  }
}

function changeTimes(named: string | string[]): unknown {
  try {
    return datasetFiles(named).map((file) => [file, statSync(file, { throwIfNoEntry: false })?.mtimeMs]);
  } catch {
    return null;
  }
}

async function factsOf(named: string | string[], mapping: MappingSettings): Promise<DatasetFacts | undefined> {
  const name = basename([named].flat()[0]!);
  try {
    const rows = await loadDataset({ named, most: MOST_ROWS + 1 }, mapping);
    const prompts = new Set(rows.map(({ prompt }) => stringifyExact(prompt)));
    const gives = (prompt: Prompt) => rows.length > MOST_ROWS || prompts.has(stringifyExact(prompt));
    return { name, columns: Object.keys(rows[0]?.columns ?? {}), gives };
  } catch {
    return unmappedFacts(named, mapping, name);
  }
}

/** A row that is no prompt still has columns. */
async function unmappedFacts(named: string | string[], { columns }: MappingSettings, name: string) {
  try {
    const rows = await readRows(datasetFiles(named), { what: 'dataset', most: MOST_ROWS });
    const names = [...columnNames(rows).filter((each) => !RESERVED.has(each)), ...Object.keys(columns ?? {})];
    return { name, columns: [...new Set(names)], gives: () => true };
  } catch {
    return undefined;
  }
}
