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
  title: string;
  sections: ExplanationSection[];
}

/** Longer ones would make a table no table. */
const LONGEST = 36;

export const shortened = (text: string): string => shorten(visible(singleSpaced(text)), LONGEST) || '(empty)';

/** Rows of a table, each with the number that its completion has in all of them. */
export const numbered = <T>(items: readonly T[], row: (item: T) => string[]): string[][] =>
  items.map((item, i) => [`#${i + 1}`, ...row(item)]);
