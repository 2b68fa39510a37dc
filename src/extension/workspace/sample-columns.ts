import type { ColumnView } from '../../protocol/samples-view.ts';
import { numberText, stringifyExact } from '../../text/exact-json.ts';

/** What a line of a samples file has besides its columns. */
const NO_COLUMNS = new Set(['prompt', 'completion', 'expect', 'generated']);

/** The columns of a sample that was parsed with `parseExact` or `rememberExact`: texts as they are, other values as they are written. */
export function sampleColumns(sample: Record<string, unknown>): ColumnView[] {
  return Object.keys(sample)
    .filter((name) => !NO_COLUMNS.has(name))
    .map((name): ColumnView => {
      const value = sample[name];
      if (typeof value === 'string') return { name, text: value, isText: true };
      return { name, text: numberText(sample, name) ?? stringifyExact(value), isText: false };
    });
}
