import type { LoadedConfig } from '../config/load-config.ts';
import { type DatasetRow, loadDataset } from '../data/dataset.ts';
import { ofDifficulty } from '../data/difficulty.ts';
import { holdOut } from '../data/held-out.ts';
import { hasChatTemplate } from '../model/tokenizer/tokenizer.ts';
import type { Finding } from '../protocol/finding.ts';

export interface RunRows {
  train: DatasetRow[];
  /** For evaluation; undefined without an `evalDataset` or `evalSplit`. */
  heldOut: DatasetRow[] | undefined;
  /** What is noticed about the files' columns, and about rows that are skipped. */
  findings: Finding[];
}

/** Reads the rows that a config trains on, and those that it evaluates on. Throws BadInput for the first that is wrong. */
export async function loadRows({ config, locate }: LoadedConfig): Promise<RunRows> {
  const { dataset, evalDataset, evalSplit, maxRows, seed, difficulty } = config;
  const findings: Finding[] = [];
  const read = (field: 'dataset' | 'evalDataset', named: string | string[], most?: number) => {
    const at = locate([field]);
    const onNote = (evidence: string) => {
      // Of held-out rows it is as a rule the same.
      if (findings.some((other) => other.evidence === evidence)) return;
      findings.push({ kind: 'column-values', severity: 'information', evidence, place: at });
    };
    return loadDataset(
      { named, at, most, onNote, placeOf: locate, isChat: () => hasChatTemplate(config.model) },
      config,
    );
  };
  const rows = await read('dataset', dataset, maxRows ?? undefined);
  const { train, heldOut } =
    evalDataset === null && evalSplit !== null
      ? holdOut(rows, evalSplit, seed, locate(['evalSplit']))
      : { train: rows, heldOut: evalDataset === null ? undefined : await read('evalDataset', evalDataset) };
  const chosen = ofDifficulty(train, difficulty, locate(['difficulty']));
  return { train: chosen.rows, heldOut, findings: [...findings, ...chosen.findings] };
}
