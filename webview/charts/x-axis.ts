import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { TIMES } from '../../src/protocol/step-times.ts';
import { formatDuration } from '../../src/text/duration.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { formatCount } from '../format.ts';

/** What the curves are drawn over, and what it is called. */
export const X_AXES = { step: 'Steps', time: 'Time', tokens: 'Tokens' } as const;
export type XAxis = keyof typeof X_AXES;

/**
 * Fills in the places of a run's rows on an axis from row `from` on, in ascending order: seconds of training, or tokens of prompts and completions,
 * since its start. A row that does not say is where the one before it is.
 */
export function extendX(axis: Exclude<XAxis, 'step'>, columns: MetricColumns, x: Float64Array, from: number): void {
  const { length } = columns;
  if (axis === 'time') {
    const seconds = TIMES.flatMap((key) => columns.values(key) ?? []);
    for (let row = from; row < length; row++) {
      let sum = row > 0 ? x[row - 1]! : 0;
      for (const column of seconds) sum += column[row]! > 0 ? column[row]! : 0;
      x[row] = sum;
    }
    return;
  }
  const tokens = columns.values('num_tokens');
  for (let row = from; row < length; row++) {
    const before = row > 0 ? x[row - 1]! : 0;
    x[row] = Math.max(before, tokens && tokens[row]! > 0 ? tokens[row]! : 0);
  }
}

/** A place on the axis in words. */
export function xText(axis: XAxis, value: number): string {
  switch (axis) {
    case 'step':
      return `step ${formatCount(value)}`;
    case 'time':
      return secondsText(value);
    case 'tokens':
      return `${formatCount(value)} tokens`;
    default:
      return axis satisfies never;
  }
}

/** What is in sight, in words. */
export function rangeText(axis: XAxis, [from, to]: readonly [number, number]): string {
  if (axis === 'step') return `Steps ${formatCount(from)} to ${formatCount(to)}`;
  return axis === 'time'
    ? `${secondsText(from)} to ${secondsText(to)}`
    : `${formatCount(from)} to ${formatCount(to)} tokens`;
}

const secondsText = (seconds: number): string =>
  seconds < 60 ? `${formatNumber(Number(seconds.toFixed(2)))} s` : formatDuration(seconds);

const DECIMAL = [1, 2, 5]
  .flatMap((digit) => [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9].map((power) => digit * power))
  .sort((a, b) => a - b);
const HOUR = 3600;
/** Tenths of seconds, then what clocks have. */
const CLOCK = [
  ...[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800],
  ...[1, 2, 3, 6, 12, 24, 48, 120, 240].map((hours) => hours * HOUR),
];

/** Distances between the axis's ticks: round ones in its unit. */
export const tickDistances = (axis: XAxis): number[] => (axis === 'time' ? CLOCK : DECIMAL);

/** What a tick says: short, because there are many. */
export function tickText(axis: XAxis, value: number): string {
  if (axis === 'step') return String(value);
  if (axis === 'time') return value === 0 ? '0' : secondsText(value);
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  return value >= 1e4 ? `${Number((value / 1e3).toPrecision(3))}k` : String(value);
}
