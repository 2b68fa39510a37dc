import type { Row } from './column-types.ts';

/** What a new reward starts from. */
export interface Template {
  label: string;
  detail: string;
  language: 'typescript' | 'python';
  /** The reward file, and samples with what it should say of them; `rows` are the dataset's first ones, if there is one. */
  make(name: string, rows: readonly Row[]): { source: string; samples: Row[] };
}
