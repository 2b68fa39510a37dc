import type { ColumnSource, SchemaElement } from 'hyparquet-writer';
import { type ColumnType, commonType, NONE, typeOf, withDoubles } from './column-type.ts';
import { cellOf, schemaOf } from './parquet-column.ts';

const STRING: ColumnType = { kind: 'string' };
const INT32: ColumnType = { kind: 'int32' };
const DOUBLE: ColumnType = { kind: 'double' };
const list = (of: ColumnType): ColumnType => ({ kind: 'list', of });

/** The columns whose type is known, and where the others come between them, in the order of a row's fields (RolloutRow). */
const KNOWN: Record<string, ColumnType | 'seen' | 'scores'> = {
  run: STRING,
  split: STRING,
  step: INT32,
  group: INT32,
  prompt: 'seen',
  rendered_prompt: STRING,
  prompt_ids: list(INT32),
  completion: STRING,
  completion_ids: list(INT32),
  rewards: 'scores',
  reward: DOUBLE,
  advantage: DOUBLE,
  length: INT32,
  truncated: { kind: 'boolean' },
  discarded: { kind: 'boolean' },
  replayed_from: INT32,
  error: STRING,
  failure: 'seen',
  columns: 'seen',
  details: 'seen',
  extra: 'seen',
  prompt_history: 'seen',
  advantages: list(DOUBLE),
  steps: 'scores',
  segments: 'seen',
  logprobs: list(DOUBLE),
  token_ends: list(INT32),
};

/** The columns of recorded completions in a typed file: nested ones are structs and lists, of the types that all rows have in common. */
export class CompletionColumns {
  readonly #seen = new Map<string, ColumnType>();
  #types: [string, ColumnType][] | undefined;

  /** Every row has to be seen before any is written. */
  see(row: object): void {
    for (const name of Object.keys(row)) {
      const known = Object.hasOwn(KNOWN, name) ? KNOWN[name]! : 'seen';
      const type = typeof known === 'object' ? known : typeOf(row, name);
      this.#seen.set(name, commonType(this.#seen.get(name) ?? NONE, known === 'scores' ? withDoubles(type) : type));
    }
  }

  get schema(): SchemaElement[] {
    const types = this.#columns;
    return [{ name: 'root', num_children: types.length }, ...types.flatMap(([name, type]) => schemaOf(name, type))];
  }

  dataOf(rows: readonly object[]): ColumnSource[] {
    return this.#columns.map(([name, type]) => ({ name, data: rows.map((row) => cellOf(row, name, type)) }));
  }

  get #columns(): [string, ColumnType][] {
    const names = new Set([...Object.keys(KNOWN), ...this.#seen.keys()]);
    // What no row has a value in is no column: of which type would it be?
    this.#types ??= [...names].flatMap((name) => {
      const type = this.#seen.get(name) ?? NONE;
      return type.kind === 'none' ? [] : [[name, type]];
    });
    return this.#types;
  }
}
