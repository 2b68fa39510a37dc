import { configFields } from './config-diff.ts';
import {
  type CompareRow,
  changeRows,
  codeRows,
  type DescribedRun,
  inputRows,
  isRecorded,
  machineRows,
} from './content-rows.ts';

/** Lines of the comparison that belong together. */
export interface Section {
  title: string;
  rows: readonly CompareRow[];
}

/** Paths of these are in the section on data, where their content is what counts. */
const DATA = new Set(['model', 'dataset', 'evalDataset']);

export function differenceSections(runs: readonly DescribedRun[], all: boolean): Section[] {
  const heads = runs.map(({ head }) => head);
  const fields: CompareRow[] = configFields(heads.map(({ config }) => config)).filter(
    ({ field, values }) => !DATA.has(field) && (all || values.some((value) => value !== values[0])),
  );
  return [
    { title: 'Config', rows: [...fields, ...changeRows(heads)] },
    { title: 'Reward code', rows: codeRows(heads, all) },
    { title: 'Data and model', rows: inputRows(runs, all) },
    { title: 'Versions and device', rows: machineRows(runs, all) },
  ];
}

/** Only known values are called identical. */
export function nothingDiffers(runs: readonly DescribedRun[]): CompareRow[] {
  const all = runs.every(({ head }) => isRecorded(head));
  return [{ field: all ? 'config, reward code and data' : 'config', values: runs.map(() => 'identical') }];
}

/** What cannot be compared, because an earlier release trained some of them. */
export function unrecordedRows(runs: readonly DescribedRun[]): CompareRow[] {
  if (runs.every(({ head }) => isRecorded(head))) return [];
  const values = runs.map(({ head }) => (isRecorded(head) ? 'recorded' : 'not recorded by its version'));
  return [{ field: 'reward code and data', values }];
}
