/** What an explanation is made of. */
export interface ExplanationTable {
  head: string[];
  /** Which columns are numbers. */
  numbers: boolean[];
  rows: string[][];
}

export interface ExplanationSection {
  title: string;
  /** Where it is in a paper. */
  source?: string;
  text: string[];
  formulas?: string[];
  table?: ExplanationTable;
}

export interface Explanation {
  title: string;
  sections: ExplanationSection[];
}
