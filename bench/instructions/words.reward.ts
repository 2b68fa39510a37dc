import type { RewardInput } from '../../src/rewards/api.ts';

/** 1 for a completion of no more words than asked for, less for each word too many. */
export function words({ completion, words: most }: RewardInput<{ words: number }>): number {
  const tooMany = Math.max(0, completion.trim().split(/\s+/).length - most);
  return Math.max(0, 1 - tooMany / 20);
}
