import type { RunHead } from '../../src/protocol/dashboard.ts';
import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { scheduleOf } from '../../src/protocol/schedule.ts';
import { RECENT_STEPS, StepTimes } from '../../src/protocol/step-times.ts';

/** Tokens (prompts and completions) a second, over the recent steps; null before the second step. */
export function tokensPerSecond(columns: MetricColumns): number | null {
  const [times, tokens] = [columns.values('step_time'), columns.values('num_tokens')];
  const to = columns.length - 1;
  // The row before the first step has no tokens, and the first step also compiles.
  const from = Math.max(columns.indexOf(1), to - RECENT_STEPS);
  if (!times || !tokens || to <= from) return null;
  const seconds = times.subarray(from + 1, to + 1).reduce((sum, time) => sum + time, 0);
  return (tokens[to]! - tokens[from]!) / seconds;
}

/** Seconds until a run is done that another window or a command trains: from its metrics alone. */
export function secondsLeft({ config }: RunHead, columns: MetricColumns): number | null {
  const times = new StepTimes();
  const last = (key: string) => columns.values(key)?.findLast(known);
  times.add({ 'time/evaluate': last('time/evaluate') ?? null, 'time/save': last('time/save') ?? null });
  const steps = columns.values('step_time');
  // One more than it takes: the first also compiles.
  const from = Math.max(columns.indexOf(1), columns.length - RECENT_STEPS - 1);
  for (const seconds of steps?.subarray(from, columns.length) ?? [])
    if (known(seconds)) times.add({ step_time: seconds });
  return times.left(columns.lastStep, scheduleOf(config)) ?? null;
}

/** The held-out reward before the first step and the newest one, or the only one; undefined without any. */
export function heldOutRewards(columns: MetricColumns): { first: number; last?: number } | undefined {
  const rewards = columns.values('eval_reward')?.subarray(0, columns.length);
  const first = rewards?.findIndex(known) ?? -1;
  if (first < 0) return undefined;
  const last = rewards!.findLastIndex(known);
  return { first: rewards![first]!, ...(last > first && { last: rewards![last]! }) };
}

const known = (value: number): boolean => !Number.isNaN(value);
