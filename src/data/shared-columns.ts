import type { JsonObject } from '../files/json-lines.ts';
import { withExact } from '../text/exact-json.ts';
import { own } from '../text/own.ts';

/** Names that reward functions get from elsewhere (as in TRL, a dataset's own columns of these names are skipped). */
export const RESERVED = new Set(['prompt', 'prompts', 'completion', 'completions', 'completion_ids']);

type Rows = readonly { value: JsonObject }[];

/** The columns of all rows, in the order in which they come. */
export function columnNames(rows: Rows): string[] {
  const names = new Set<string>();
  for (const { value } of rows) for (const name of Object.keys(value)) names.add(name);
  return [...names];
}

/** Gives every row the same columns, exactly as they are written: those of all rows but the `excluded` ones, null where it has none. */
export function sharedColumns(rows: Rows, excluded: Set<string>): (row: { value: JsonObject }) => JsonObject {
  const names = columnNames(rows).filter((name) => !excluded.has(name));
  return ({ value }) => {
    const row = withExact(value);
    return Object.fromEntries(names.map((name) => [name, own(row, name) ?? null]));
  };
}
