import { mean, standardDeviation } from '../grpo/statistics.ts';
import { heldOutRewardKey } from '../protocol/held-out.ts';
import type { MetricsRow, RolloutRow } from '../protocol/run-folder.ts';

/** What the completions alone tell of a step: all of it until its log is known, and how rewards differ within groups, which TRL does not log. */
export function rowMetrics(step: number, rows: readonly RolloutRow[]): MetricsRow {
  const groups = [...new Set(rows.map(({ group }) => group))].map((group) => rows.filter((row) => row.group === group));
  const deviations = groups.map((group) => standardDeviation(group.map(({ reward }) => reward)));
  const metrics: MetricsRow = {
    ...{ step, reward: mean(rows.map(({ reward }) => reward)) },
    'groups/reward_std': mean(deviations),
  };
  for (const name of namesIn(rows)) metrics[`rewards/${name}/mean`] = scoreMean(rows, name);
  // A length of 0 says that it is not known.
  const lengths = rows.map(({ length }) => length);
  if (lengths.some((length) => length > 0)) {
    metrics['completions/mean_length'] = mean(lengths);
    metrics['completions/clipped_ratio'] = mean(rows.map(({ truncated }) => Number(truncated)));
  }
  return metrics;
}

/** The same of held-out prompts. */
export function heldOutMetrics(step: number, rows: readonly RolloutRow[]): MetricsRow {
  const metrics: MetricsRow = { step, eval_reward: mean(rows.map(({ reward }) => reward)) };
  for (const name of namesIn(rows)) metrics[heldOutRewardKey(name)] = scoreMean(rows, name);
  return metrics;
}

const namesIn = (rows: readonly RolloutRow[]): string[] => Object.keys(rows[0]?.rewards ?? {});

const scoreMean = (rows: readonly RolloutRow[], name: string): number | null =>
  mean(rows.map(({ rewards }) => rewards[name] ?? null));
