import type { RunHead } from '../../src/protocol/dashboard.ts';
import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { RECENT_STEPS, secondsFor } from '../../src/protocol/step-times.ts';

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
  const from = Math.max(0, to - RECENT_STEPS);
  if (!times || to <= from) return { tokensPerSecond: null, secondsLeft: null };
  const recent = times.subarray(from + 1, to + 1);
  const seconds = recent.reduce((sum, time) => sum + time, 0);
  return {
    tokensPerSecond: tokens ? (tokens[to]! - tokens[from]!) / seconds : null,
    secondsLeft: secondsFor(config.maxSteps - columns.lastStep, recent) ?? null,
  };
}
