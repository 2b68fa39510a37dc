import { type JsonObject, readJsonLines } from '../../files/json-lines.ts';
import type { SourceLocation } from '../../protocol/errors.ts';

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
}

/** Reads the rows of files one after another, each in the format that its name says. Throws BadInput at the row that cannot be read. */
export async function readRows(files: readonly string[], { what, at, most }: RowsWanted): Promise<RawRow[]> {
  const rows = files.flatMap((file) =>
    readJsonLines(file, what, at).map(({ value, line }) => ({ value, at: { file, line } })),
  );
  return rows.slice(0, most);
}
