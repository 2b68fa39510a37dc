import { commonest, ngrams } from '../../text/ngrams.ts';
import type { RowReward } from './row.ts';

/** Options of {@link repetitionPenalty}. */
export interface RepetitionPenaltyOptions {
  /** Words per n-gram. Default: 3. */
  n?: number;
  /** The penalty of a completion that only repeats itself, 0 or less. Default: −1. */
  maxPenalty?: number;
}

/**
 * Creates a penalty from 0 (no repeated n-gram) to almost `maxPenalty` (a single n-gram repeated over and over):
 *
 * maxPenalty · (1 − distinct n-grams ÷ n-grams)
 *
 * As in "Demystifying Long Chain-of-Thought Reasoning in LLMs" (arXiv:2502.03373, appendix C) and open-r1. Case is ignored.
 * A completion with fewer than `n` words gets 0.
 *
 * @example export const repeats = repetitionPenalty({ n: 3 }); // "go on and on and on and on": −0.33
 */
export function repetitionPenalty({ n = 3, maxPenalty = -1 }: RepetitionPenaltyOptions = {}): RowReward {
  if (!Number.isInteger(n) || n < 1) throw new Error('repetitionPenalty wants a whole n of at least 1.');
  if (!(maxPenalty <= 0))
    throw new Error('repetitionPenalty wants a maxPenalty of 0 or less: a penalty lowers the reward.');
  return ({ completion }) => {
    const { count, times } = ngrams(completion, n);
    if (times.size === count) return { score: 0 };
    const [gram, most] = commonest(times);
    return { score: maxPenalty * (1 - times.size / count), reason: `"${gram.slice(0, 80)}" comes ${most} times` };
  };
}
