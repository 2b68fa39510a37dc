import type { RunHead } from '../../src/protocol/dashboard.ts';
import type { MetricColumns } from '../../src/protocol/metric-columns.ts';

/** Steps to look back on: enough to be steady, few enough to follow a change. */
const WINDOW = 20;

export interface Estimate {
  /** Tokens (prompts and completions) a second. */
  tokensPerSecond: number | null;
  /** Seconds until `maxSteps`, at the present speed. */
  secondsLeft: number | null;
}

export function estimate({ config }: RunHead, columns: MetricColumns): Estimate {
  const times = columns.values('step_time');
  const tokens = columns.values('num_tokens');
  const to = columns.length - 1;
  // The first step also compiles: it tells nothing about the next ones.
  const from = Math.max(0, to - WINDOW);
  if (!times || to <= from) return { tokensPerSecond: null, secondsLeft: null };
  const seconds = times.subarray(from + 1, to + 1).reduce((sum, time) => sum + time, 0);
  const left = config.maxSteps - columns.lastStep;
  return {
    tokensPerSecond: tokens ? (tokens[to]! - tokens[from]!) / seconds : null,
    secondsLeft: (seconds / (to - from)) * Math.max(0, left),
  };
}
