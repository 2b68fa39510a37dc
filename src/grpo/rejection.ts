/** Rejection sampling: which completions are good enough to learn from (DeepSeek-R1, arXiv:2501.12948, section 2.3.3). */

export interface Selection {
  /** The least reward of what is kept; null: better than the group's worst. */
  threshold: number | null;
  /** Of a prompt at most this many; null: all. */
  best: number | null;
}

/** A completion of a group. */
export interface Candidate {
  text: string;
  /** Null when no function scored it. */
  reward: number | null;
  /** In tokens. */
  length: number;
  /** It was cut off, and does not show how to end. */
  truncated: boolean;
}

/**
 * The places of those of a group that are kept, best first, of equal rewards the shorter, then the earlier one; of one text only the first. What was
 * cut off is never kept.
 */
export function keptOf(group: readonly Candidate[], { threshold, best }: Selection): number[] {
  const rewards = group.flatMap(({ reward }) => reward ?? []);
  const worst = Math.min(...rewards);
  const isGood = (reward: number) => (threshold === null ? reward > worst : reward >= threshold);
  const order = group
    .flatMap(({ reward, truncated, length }, row) =>
      reward !== null && !truncated && isGood(reward) ? [{ row, reward, length }] : [],
    )
    .sort((a, b) => b.reward - a.reward || a.length - b.length || a.row - b.row)
    .map(({ row }) => row);
  const seen = new Set<string>();
  const distinct = order.filter((row) => {
    const { text } = group[row]!;
    return !seen.has(text) && seen.add(text);
  });
  return distinct.slice(0, best ?? distinct.length);
}
