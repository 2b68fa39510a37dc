import type { Histogram, StepRewards } from '../../src/protocol/dashboard-overview.ts';

/** Ranges of equal width, around multiples of it: bin `i` is around `(first + i) * width`. */
export interface Bins {
  first: number;
  width: number;
  count: number;
  /** Every value is in the middle of its bin: a bin is one value. */
  exact: boolean;
}

const MOST_BINS = 24;

/** The rewards in all, or what one function gave. */
export const histogramOf = ({ reward, functions }: StepRewards, name: string | null): Histogram | undefined =>
  name === null ? reward : functions[name];

/**
 * Bins that hold all values; undefined without a value. Few values at equal distances have a bin each, such as whole points; others have
 * bins of a round width.
 */
export function binsOf(histograms: readonly Histogram[]): Bins | undefined {
  const values = distinct(histograms);
  const [low, high] = [values[0], values.at(-1)];
  if (low === undefined || high === undefined) return undefined;
  const gap = values.reduce((least, value, i) => (i > 0 ? Math.min(least, value - values[i - 1]!) : least), Infinity);
  const exact = (high - low) / gap < MOST_BINS && values.every((value) => isMultiple(value, gap));
  const width = exact ? gap : roundUp((high - low) / (MOST_BINS - 1)) || roundUp(Math.abs(high) / 10) || 1;
  const first = Math.round(low / width);
  return { first, width, count: Math.round(high / width) - first + 1, exact };
}

/** In ascending order. */
function distinct(histograms: readonly Histogram[]): number[] {
  const values = new Set<number>();
  for (const histogram of histograms)
    histogram.values.forEach((value, i) => {
      if (histogram.counts[i]! > 0) values.add(value);
    });
  return [...values].sort((a, b) => a - b);
}

const isMultiple = (value: number, of: number): boolean => Math.abs(value / of - Math.round(value / of)) < 1e-6;

/** 0.7 → 1, 13 → 20 */
function roundUp(value: number): number {
  if (value === 0) return 0;
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return [1, 2, 5, 10].find((digit) => digit * power >= value * (1 - 1e-9))! * power;
}

/** How many completions are in each bin. */
export function countsIn({ first, width, count }: Bins, { values, counts }: Histogram): Float64Array {
  const totals = new Float64Array(count);
  values.forEach((value, i) => {
    const bin = Math.round(value / width) - first;
    totals[Math.max(0, Math.min(count - 1, bin))]! += counts[i]!;
  });
  return totals;
}

/** Where a bin begins and ends. */
export const edgesOf = ({ first, width }: Bins, bin: number): [low: number, high: number] => [
  (first + bin - 0.5) * width,
  (first + bin + 0.5) * width,
];

/** The value below which a share of the completions is, without interpolation; NaN without any. */
export function quantile({ values, counts }: Histogram, share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (let i = 0; i < values.length; i++) {
    below += counts[i]!;
    if (below >= share * total && below > 0) return values[i]!;
  }
  return Number.NaN;
}
