import type { RunHistory } from './run-history.ts';
import { sampledRows } from './sampled-rows.ts';

/** The mean reward on held-out prompts after a step. */
export interface Evaluated {
  step: number;
  reward: number;
}

/** The evaluations of the newest stage that samples, and that of its start, in ascending order of their steps. */
export function evaluationsIn(history: RunHistory): Evaluated[] {
  const { from, to } = sampledRows(history);
  const { metrics } = history;
  const values = metrics.values('eval_reward');
  if (!values) return [];
  const evaluated: Evaluated[] = [];
  for (let row = Math.max(0, from - 1); row < to; row++)
    if (Number.isFinite(values[row])) evaluated.push({ step: metrics.steps[row]!, reward: values[row]! });
  return evaluated;
}
