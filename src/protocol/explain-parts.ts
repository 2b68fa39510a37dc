/** What an explanation is made of. */
import { shorten, singleSpaced, visible } from '../text/visible.ts';

export interface ExplanationTable {
  head: string[];
  /** Which columns are numbers. */
  numbers: boolean[];
  rows: string[][];
}

export interface ExplanationSection {
  title: string;
  /** Where it is in a paper. */
  source?: string | undefined;
  text: string[];
  formulas?: string[];
  table?: ExplanationTable;
}

export interface Explanation {
  /** What is explained: "Group 3 of step 12". */
  title: string;
  /** What it is about. */
  heading: string;
  sections: ExplanationSection[];
}

/** Longer ones would make a table no table. */
const LONGEST = 36;

export const shortened = (text: string): string => shorten(visible(singleSpaced(text)), LONGEST) || '(empty)';

/** Rows of a table, each with the number that its completion has in all of them; equal completions that follow one another share a row. */
export function numbered<T extends { completion: string }>(
  items: readonly T[],
  row: (item: T) => string[],
): string[][] {
  const rows: { completion: string; first: number; last: number; cells: string[] }[] = [];
  for (const [i, item] of items.entries()) {
    const cells = row(item);
    const { completion } = item;
    const before = rows.at(-1);
    if (before?.completion === completion && JSON.stringify(before.cells) === JSON.stringify(cells))
      before.last = i + 1;
    else rows.push({ completion, first: i + 1, last: i + 1, cells });
  }
  return rows.map(({ first, last, cells }) => [first === last ? `#${first}` : `#${first}–${last}`, ...cells]);
}
