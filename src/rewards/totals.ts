/**
 * What a function uses up while it is called, such as a judge's tokens: sums, where `log_metric` has means. The library that reward files import is
 * a bundle of its own, so that both sides meet at a symbol.
 */
const TOTALS = Symbol.for('grpo.totals');

interface Counting {
  /** The function that is being called. */
  name: string;
  sums: Record<string, number>;
}
const shared = globalThis as { [TOTALS]?: Counting };

/** For the worker: from now on counts are those of this function; gives its sums. */
export function countFor(name: string): Record<string, number> {
  const sums: Record<string, number> = {};
  shared[TOTALS] = { name, sums };
  return sums;
}

/** For the library: adds to `KIND/FUNCTION/NAME` of the function that is being called. Nobody hears of it in a debugger. */
export function addToTotals(kind: string, amounts: Record<string, number>): void {
  const counting = shared[TOTALS];
  if (!counting) return;
  for (const [name, amount] of Object.entries(amounts)) {
    const key = `${kind}/${counting.name}/${name}`;
    counting.sums[key] = (counting.sums[key] ?? 0) + amount;
  }
}

/** Totals of several calls together. */
export function sumOfTotals(all: Iterable<Record<string, number> | undefined>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const totals of all)
    for (const [name, amount] of Object.entries(totals ?? {})) sums[name] = (sums[name] ?? 0) + amount;
  return sums;
}
