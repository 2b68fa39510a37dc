/** What rewards are measured against, other than the mean of their own group, and deviations that few rows are not trusted with alone. */
import { mean, standardDeviation } from './statistics.ts';

/** How a prompt did before: the running mean of its rewards, and how many rows that mean counts for. */
export interface PromptHistory {
  rows: number;
  mean: number;
}

/** How much of a prompt's history is left after each visit (ρ): half, so that the policy of long ago is forgotten. */
const HISTORY_DECAY = 0.5;

/** How many rows of evidence the step's deviation counts for beside the group's own (k). */
export const SHRINKAGE_ROWS = 4;

/**
 * RLOO (arXiv:2402.14740): R_i − mean of the other rows' rewards, which is n/(n − 1) · (R_i − mean). Null where there is no other reward.
 */
export function aboveOthers(group: readonly (number | null)[]): (number | null)[] {
  const rows = counted(group);
  const average = mean(group);
  return group.map((reward) => (reward === null || rows < 2 ? null : (rows / (rows - 1)) * (reward - average!)));
}

/**
 * The mean of a prompt's earlier rewards and of this group's, by their numbers of rows: (h·m + n·mean) / (h + n). Null without a reward.
 */
export function historyBaseline(group: readonly (number | null)[], history: PromptHistory | undefined): number | null {
  const average = mean(group);
  if (average === null || !history) return average;
  // Written so that equal means have exactly this mean.
  return average + (history.rows / (history.rows + counted(group))) * (history.mean - average);
}

/** A prompt's history after a visit: the baseline becomes the running mean, and half of its rows are forgotten. */
export function remembered(
  group: readonly (number | null)[],
  history: PromptHistory | undefined,
): PromptHistory | undefined {
  const baseline = historyBaseline(group, history);
  // A visit that nobody scored says nothing of the prompt.
  if (baseline === null) return history;
  return { rows: HISTORY_DECAY * ((history?.rows ?? 0) + counted(group)), mean: baseline };
}

/**
 * √((n·s_g² + k·s_B²) / (n + k)): the deviation of a group of n rewards, shrunk towards that of the whole batch. Null with fewer than two
 * rewards in the group.
 */
export function shrunkDeviation(group: readonly (number | null)[], batch: number | null): number | null {
  const own = standardDeviation(group);
  if (own === null || batch === null) return null;
  const rows = counted(group);
  return Math.sqrt((rows * own ** 2 + SHRINKAGE_ROWS * batch ** 2) / (rows + SHRINKAGE_ROWS));
}

/** How many rows of a group have a reward. */
export const counted = (group: readonly (number | null)[]): number =>
  group.reduce<number>((rows, reward) => rows + (reward === null ? 0 : 1), 0);
