import type { JsonObject } from '../files/json-lines.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';

/** A row's list of token ids; undefined where it has none. Throws BadInput. */
export function readTokenIds(row: JsonObject, field: string, at: SourceLocation): number[] | undefined {
  const ids = row[field];
  if (ids === undefined || ids === null) return undefined;
  if (!Array.isArray(ids) || !ids.every((id) => Number.isInteger(id) && id >= 0))
    throw new BadInput(`"${field}" must be a list of token ids, such as [17, 4].`, at);
  return ids as number[];
}
