import { type Advantages, type GroupStats, inGroups } from './advantages.ts';
import { earnsAnything } from './credit.ts';
import { isZero, mean, standardDeviation } from './statistics.ts';

/**
 * Whether a group has a learning signal, and if not, why.
 * - `signal`: its completions, or their steps, got different rewards.
 * - `failed`, `abstained`: fewer than two rows have a reward, because reward functions failed, or abstained.
 * - `truncated`: every completion was cut off, and all got the same reward.
 * - `too-easy`, `too-hard`: all got the same reward, the best or the worst of this batch. A reward function does not
 *   declare its maximum, so the batch is used instead. When the whole batch got one reward, 0 or less counts as the worst
 *   (nothing was earned), and above 0 it is unknown.
 * - `equal`: all got the same reward, somewhere in between.
 */
export type GroupSignal = 'signal' | 'too-easy' | 'too-hard' | 'equal' | 'truncated' | 'abstained' | 'failed';

/** In the order in which they are reported. */
export const GROUP_SIGNALS: readonly GroupSignal[] = [
  'signal',
  'too-easy',
  'too-hard',
  'equal',
  'truncated',
  'abstained',
  'failed',
];

/** What a row's rewards do not tell about it. */
export interface RowFlags {
  /** A reward function failed on this row. */
  failed: boolean;
  /** The completion was cut off before its end. */
  truncated: boolean;
}

/** One class per group of the batch; `rows[i]` belongs to `rewards[i]`. */
export function groupSignals(
  { rewards, groups }: Pick<Advantages, 'rewards' | 'groups'>,
  rows: readonly RowFlags[],
): GroupSignal[] {
  const seen = rewards.filter((reward) => reward !== null);
  const best = Math.max(...seen);
  const worst = Math.min(...seen);
  const sizes = groups.map(({ size }) => size);
  return inGroups(rows, sizes).map((flags, index): GroupSignal => {
    const { mean, std, informative } = groups[index]!;
    if (informative) return 'signal';
    if (std === null || mean === null) return flags.some((row) => row.failed) ? 'failed' : 'abstained';
    if (flags.every((row) => row.truncated)) return 'truncated';
    if (isZero(best - worst)) return mean <= 0 ? 'too-hard' : 'equal';
    if (isZero(best - mean)) return 'too-easy';
    return isZero(mean - worst) ? 'too-hard' : 'equal';
  });
}

/** A completion's reward and advantages as they were recorded; `advantages` are those of its tokens under process supervision. */
interface RecordedCredit {
  reward: number | null;
  advantage: number;
  advantages?: readonly number[] | undefined;
}

/** How far the advantages of a completion's tokens reach above and below 0; not below 0 where none is. */
export function reachOf({ advantage, advantages }: Omit<RecordedCredit, 'reward'>): { up: number; down: number } {
  let [up, down] = [0, 0];
  for (const value of advantages ?? [advantage]) [up, down] = [Math.max(up, value), Math.max(down, -value)];
  return { up, down };
}

/** A group's statistics from records: however advantages were computed, a group without any has no learning signal. */
export function recordedStats(group: readonly RecordedCredit[]): GroupStats {
  const rewards = group.map(({ reward }) => reward);
  return {
    size: group.length,
    mean: mean(rewards),
    std: standardDeviation(rewards),
    informative: group.some(({ advantage, advantages }) => earnsAnything(advantages ?? [advantage])),
  };
}
