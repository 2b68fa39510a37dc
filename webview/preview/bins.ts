export const MOST_BINS = 22;

export interface Bin {
  from: number;
  to: number;
  count: number;
}

/**
 * A bin for each value where there are few of them, with room between their bars, else bins of one width from the smallest value to the largest.
 */
export function bins(values: readonly number[]): Bin[] {
  if (values.length === 0) return [];
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  const [low, high] = [distinct[0]!, distinct.at(-1)!];
  const width = (high - low) / MOST_BINS;
  const apart = distinct.every((value, i) => i === 0 || value - distinct[i - 1]! >= width);
  if (distinct.length <= MOST_BINS / 2 && apart)
    return distinct.map((value) => ({
      from: value,
      to: value,
      count: values.filter((other) => other === value).length,
    }));
  const counts = new Array<number>(MOST_BINS).fill(0);
  for (const value of values) counts[Math.min(MOST_BINS - 1, Math.floor((value - low) / width))]!++;
  return counts.map((count, i) => ({ from: low + i * width, to: low + (i + 1) * width, count }));
}
