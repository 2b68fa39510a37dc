/** About `count` round numbers from at or below `low` to at or above `high`; with `log`, powers of ten and 0. */
export function niceTicks(low: number, high: number, count: number, log: boolean): number[] {
  if (log) return decades(low, high);
  const span = high - low || Math.abs(high) || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = [1, 2, 5, 10].find((digit) => digit * power >= rough)! * power;
  const first = Math.floor(low / unit + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / unit - 1e-9));
  // Multiplied, not added up: 0.1 + 0.2 would show.
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * unit).toPrecision(12)));
}

function decades(low: number, high: number): number[] {
  const ticks = new Set<number>([0]);
  const largest = Math.max(Math.abs(low), Math.abs(high), 1e-3);
  for (let power = -3; power <= Math.ceil(Math.log10(largest)); power++) {
    if (high > 0) ticks.add(Number(`1e${power}`));
    if (low < 0) ticks.add(-Number(`1e${power}`));
  }
  return [...ticks].sort((a, b) => a - b);
}
