import type { JsonObject } from '../../files/json-lines.ts';
import type { SourceLocation } from '../../protocol/errors.ts';
import type { WideIntegers } from './wide-integers.ts';

/** A row as its file has it: what numbers and keys it was written with is known (src/text/exact-json.ts). */
export interface RawRow {
  value: JsonObject;
  /** Its line, or its row where the format has no lines. */
  at: SourceLocation;
}

export interface RowsWanted {
  /** The rows' name in messages: "dataset". */
  what: string;
  /** Where the files were asked for, for messages. */
  at?: SourceLocation | undefined;
  /** No more than so many rows, from the beginning; what comes after them is not read. */
  most?: number | undefined;
  /** Only these columns, where the format lets others be skipped (Parquet); one that is not there is no error. */
  columns?: readonly string[] | undefined;
  /** Hears, once each, what is no error but worth a line in the log: a column whose values were changed or skipped. */
  onNote?: ((note: string) => void) | undefined;
}

/** What the reader of one file gets. */
export interface FileWanted extends RowsWanted {
  wide: WideIntegers;
  note: (note: string) => void;
}
