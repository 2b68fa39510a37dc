import type { Histogram, StepRewards } from '../../src/protocol/dashboard-overview.ts';
import { formatNumber, formatShare } from '../../src/text/numbers.ts';
import { xText } from '../charts/x-axis.ts';
import { formatCount } from '../format.ts';
import { type Bins, edgesOf, quantile } from './bins.ts';

/** A step's rewards in words: where they begin and end, and how many there are. */
export function stepText({ step, completions }: StepRewards, histogram: Histogram): string {
  const scored = total(histogram);
  const [least, median, most] = [0, 0.5, 1].map((share) => formatNumber(quantile(histogram, share)));
  const unscored = completions > scored ? `, ${formatCount(completions - scored)} without a score` : '';
  return `${xText('step', step)} · min ${least} · median ${median} · max ${most} · ${formatCount(scored)} completions${unscored}`;
}

/** How many of a step's completions are in one bin. */
export function binText(
  { step }: StepRewards,
  histogram: Histogram,
  { bins, bin, count }: { bins: Bins; bin: number; count: number },
): string {
  const scored = total(histogram);
  const share = formatShare(count / Math.max(1, scored));
  return `${xText('step', step)} · ${rangeOf(bins, bin)}: ${formatCount(count)} of ${formatCount(scored)} completions (${share})`;
}

const total = ({ counts }: Histogram): number => counts.reduce((sum, count) => sum + count, 0);

function rangeOf(bins: Bins, bin: number): string {
  const text = (value: number) => formatNumber(Number(value.toPrecision(6)));
  if (bins.exact) return `reward ${text((bins.first + bin) * bins.width)}`;
  const [low, high] = edgesOf(bins, bin);
  return `reward ${text(low)} to ${text(high)}`;
}
