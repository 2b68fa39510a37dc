/**
 * Columns with integers beyond 2^53, which JavaScript would round: they become texts, all values of the column, so that it has one type.
 * That such a value comes is seen only when it does; the rows are then read again.
 */
export class WideIntegers {
  readonly columns = new Set<string>();

  notes(): string[] {
    return [...this.columns].map(
      (column) => `The column "${column}" holds integers beyond 2^53; its values are texts, digit for digit.`,
    );
  }
}
