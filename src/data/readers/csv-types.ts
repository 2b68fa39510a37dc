import { floatValue } from './exact-values.ts';
import type { WideIntegers } from './wide-integers.ts';

/** What pandas takes for a missing value (its `na_values`), and `datasets` with it. */
const MISSING = new Set(
  '|#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null'.split('|'),
);
/** Only short texts are looked up, which saves the hashes of the long ones. */
const isMissing = (cell: string): boolean => cell.length < 10 && MISSING.has(cell);

/** White space around a number is ASCII, as in C: a no-break space makes it a text. */
const INTEGER = /^[ \t-\r]*[+-]?\d+[ \t-\r]*$/;
const FLOAT = /^[ \t-\r]*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf|infinity)[ \t-\r]*$/i;
const BOOLEAN = /^(?:true|True|TRUE|false|False|FALSE)$/;

/**
 * The values of a CSV column by pandas' rules: where all cells that are not missing are integers, they are ints; where all are numbers, or
 * ints and some are missing, floats; where all are true or false, booleans; else each is the text that the file has. As in pandas, 007 is
 * the int 7 in a column of numbers, and missing cells are null.
 */
export function columnOfCells(
  name: string,
  cells: readonly (readonly string[])[],
  index: number,
  wide: WideIntegers,
): unknown[] {
  const values = cells.map((record) => record[index]!);
  const present = values.filter((value) => !isMissing(value));
  const convert = converterOf(name, present, present.length < values.length, wide);
  return values.map((value) => (isMissing(value) ? null : convert(value)));
}

function converterOf(
  name: string,
  present: string[],
  hasMissing: boolean,
  wide: WideIntegers,
): (cell: string) => unknown {
  if (wide.columns.has(name)) return (cell) => cell.trim();
  if (present.every((cell) => BOOLEAN.test(cell))) return (cell) => cell.toLowerCase() === 'true';
  if (present.every((cell) => INTEGER.test(cell))) {
    if (present.every((cell) => Number.isSafeInteger(Number(cell))))
      return (cell) => (hasMissing ? floatValue(Number(cell)) : Number(cell) || 0);
    wide.columns.add(name);
    return (cell) => cell.trim();
  }
  if (present.every((cell) => FLOAT.test(cell))) return (cell) => floatValue(toFloat(cell));
  return (cell) => cell;
}

function toFloat(cell: string): number {
  const text = cell.trim().toLowerCase();
  if (!text.includes('inf')) return Number(text);
  return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
