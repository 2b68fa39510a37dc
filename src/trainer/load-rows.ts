import type { LoadedConfig } from '../config/load-config.ts';
import { type DatasetRow, loadDataset } from '../data/dataset.ts';
import { holdOut } from '../data/held-out.ts';
import { hasChatTemplate } from '../model/tokenizer/tokenizer.ts';

export interface RunRows {
  train: DatasetRow[];
  /** For evaluation; undefined without an `evalDataset` or `evalSplit`. */
  heldOut: DatasetRow[] | undefined;
}

/** Reads the rows that a config trains on, and those that it evaluates on. Throws BadInput for the first that is wrong. */
export async function loadRows({ config, locate }: LoadedConfig): Promise<RunRows> {
  const { dataset, evalDataset, evalSplit, maxRows, seed } = config;
  const read = (field: 'dataset' | 'evalDataset', named: string | string[], most?: number) =>
    loadDataset(
      { named, at: locate([field]), most, placeOf: locate, isChat: () => hasChatTemplate(config.model) },
      config,
    );
  const rows = await read('dataset', dataset, maxRows ?? undefined);
  if (evalDataset !== null) return { train: rows, heldOut: await read('evalDataset', evalDataset) };
  return evalSplit === null
    ? { train: rows, heldOut: undefined }
    : holdOut(rows, evalSplit, seed, locate(['evalSplit']));
}
