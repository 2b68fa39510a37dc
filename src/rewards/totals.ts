/** What functions used up, such as a judge's tokens: sums by metric. */
export type Totals = Record<string, number>;

/** Totals of several calls together. */
export function sumOfTotals(all: Iterable<Totals | undefined>): Totals {
  const sums: Totals = {};
  for (const totals of all)
    for (const [name, amount] of Object.entries(totals ?? {})) sums[name] = (sums[name] ?? 0) + amount;
  return sums;
}
