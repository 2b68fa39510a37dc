import type { PromptLengths } from '../../protocol/dataset-summary.ts';

const MOST_BINS = 20;

/** The distribution of prompt lengths; null for none. Percentiles are the nearest ranks: lengths that occur. */
export function describeLengths(lengths: readonly number[], unit: PromptLengths['unit']): PromptLengths | null {
  if (lengths.length === 0) return null;
  const sorted = [...lengths].sort((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  const [min, max] = [sorted[0]!, sorted.at(-1)!];
  const width = binWidth(max - min + 1);
  const first = Math.floor(min / width);
  const counts = new Array<number>(Math.floor(max / width) - first + 1).fill(0);
  for (const length of sorted) counts[Math.floor(length / width) - first]!++;
  const bins = counts.map((count, index) => ({
    from: (first + index) * width,
    to: (first + index + 1) * width,
    count,
  }));
  return { unit, count: sorted.length, min, median: rank(0.5), p95: rank(0.95), max, bins };
}

/** 1, 2, 5, 10, 20, …: the smallest with which there are not too many bins. */
function binWidth(span: number): number {
  for (let power = 1; ; power *= 10)
    for (const digit of [1, 2, 5]) if (span / (digit * power) <= MOST_BINS - 1) return digit * power;
}
