/** A step's metrics under the keys that TRL 1.16 logs, and ours (`reward_min`, `reward_max`, `rewards/failed_ratio`, `groups/...`). */
import type { Credit } from './credit.ts';
import type { LossSums } from './loss-sums.ts';
import { GROUP_SIGNALS, groupSignals, type RowFlags } from './signal.ts';
import { isZero, mean, standardDeviation } from './statistics.ts';

/** Null where there is nothing to average (TRL: NaN, logged as None). */
export type Metrics = Record<string, number | null>;

/** What is known about a completion once it is scored. */
export interface ScoredRow extends RowFlags {
  /** Tokens of the completion, its end-of-sequence token included. */
  length: number;
}

/**
 * Metrics of a batch of rollouts. `names[k]` is the function of `credit.scores[row][k]`.
 *
 * `frac_reward_zero_std` is the share of *groups* with equal rewards; TRL looks at the batch instead when it scales by the batch. A
 * group with fewer than two scored rows has no standard deviation: it counts under `groups/failed` or `groups/abstained`.
 * Under process supervision the scores of steps differ too: a group with a signal from them does not count.
 */
export function rolloutMetrics(names: readonly string[], credit: Credit, rows: readonly ScoredRow[]): Metrics {
  const { scores, rewards, groups, byPosition } = credit;
  const metrics: Metrics = {
    reward: mean(rewards),
    reward_std: standardDeviation(rewards),
    ...extremes(rewards),
    frac_reward_zero_std: share(
      groups,
      ({ std, informative }) => std !== null && isZero(std) && !(byPosition && informative),
    ),
  };
  names.forEach((name, k) => {
    const column = scores.map((row) => row[k]!);
    metrics[`rewards/${name}/mean`] = mean(column);
    metrics[`rewards/${name}/std`] = standardDeviation(column);
  });
  // Learning needs differences within groups; `reward_std` includes those between prompts.
  metrics['groups/reward_std'] = mean(groups.map(({ std }) => std));
  metrics['rewards/failed_ratio'] = share(rows, (row) => row.failed);
  const signals = groupSignals(credit, rows);
  for (const signal of GROUP_SIGNALS) {
    metrics[`groups/${signal.replace('-', '_')}`] = share(signals, (other) => other === signal);
  }
  return { ...metrics, ...lengthMetrics(rows) };
}

function extremes(rewards: readonly (number | null)[]): Metrics {
  const present = rewards.filter((reward) => reward !== null);
  if (present.length === 0) return { reward_min: null, reward_max: null };
  const least = present.reduce((low, reward) => Math.min(low, reward));
  return { reward_min: least, reward_max: present.reduce((high, reward) => Math.max(high, reward)) };
}

function lengthMetrics(rows: readonly ScoredRow[]): Metrics {
  const all = rows.map((row) => row.length);
  const ended = rows.filter((row) => !row.truncated).map((row) => row.length);
  // TRL logs 0 when no completion ended.
  const terminated = ended.length > 0 ? ended : [0];
  return {
    'completions/mean_length': mean(all),
    'completions/min_length': Math.min(...all),
    'completions/max_length': Math.max(...all),
    'completions/clipped_ratio': share(rows, (row) => row.truncated),
    'completions/mean_terminated_length': mean(terminated),
    'completions/min_terminated_length': Math.min(...terminated),
    'completions/max_terminated_length': Math.max(...terminated),
  };
}

/** The loss's sums as numbers, added up over micro-batches (and, optionally, over the passes of a step). */
export type SumsAsNumbers = { [name in keyof LossSums | 'hits']?: number };

/** Means over tokens from these sums; a sum that the loss did not compute has no key. */
export function lossMetrics(sums: SumsAsNumbers): Metrics {
  const tokens = Math.max(sums.tokens ?? 0, 1);
  const ratios = Math.max(sums.ratios ?? 0, 1);
  const metrics: Metrics = {};
  const put = (key: string, total: number | undefined, count: number) => {
    if (total !== undefined) metrics[key] = total / count;
  };
  put('kl', sums.kl, tokens);
  put('entropy', sums.entropy, tokens);
  put('mean_token_accuracy', sums.hits, tokens);
  put('clip_ratio/low_mean', sums.clipLow, ratios);
  put('clip_ratio/high_mean', sums.clipHigh, ratios);
  put('clip_ratio/region_mean', sums.clipRegion, ratios);
  put('cispo_clip_ratio', sums.cispoClip, ratios);
  put('off_policy_masked_ratio', sums.dropped, Math.max(sums.droppable ?? 0, 1));
  put('vespo/phi_seq_mean', sums.gamma, Math.max(sums.gammas ?? 0, 1));
  return metrics;
}

/** Of figures that each pass over a rollout has. */
export const meanOf = (passes: readonly Metrics[]): Metrics =>
  Object.fromEntries(Object.keys(passes[0] ?? {}).map((key) => [key, mean(passes.map((pass) => pass[key] ?? null))]));

/** Mean entropy, in nats, of the tokens that learn. */
export const learnedEntropy = ({ tokens, entropy, learning, learningEntropy }: SumsAsNumbers): number =>
  (learningEntropy ?? entropy ?? 0) / Math.max(learning ?? tokens ?? 0, 1);

function share<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter(holds).length / Math.max(items.length, 1);
}
