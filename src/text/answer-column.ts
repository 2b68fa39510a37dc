/** Names of columns that are likely to hold the right answer. */
export const ANSWER = /answer|label|target|solution/i;

/** A row's columns, the likely answer first; otherwise in their order. */
export const answersFirst = <T extends { name: string }>(columns: readonly T[]): T[] =>
  columns.toSorted((a, b) => Number(ANSWER.test(b.name)) - Number(ANSWER.test(a.name)));
