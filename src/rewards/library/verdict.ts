import type { RewardResult } from '../api.ts';

/** What a reward says that compares an extracted answer with the expected one. */
export function verdictOf(found: string | undefined, right: boolean, expected: unknown): RewardResult {
  if (found === undefined) return { score: 0, reason: 'no answer found' };
  const extracted = found.slice(0, 200);
  if (right) return { score: 1, extracted };
  return { score: 0, extracted, reason: `expected ${[expected].flat().join(' or ').slice(0, 200)}` };
}
