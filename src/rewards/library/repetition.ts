import type { RowReward } from './row.ts';

/** Options of {@link repetitionPenalty}. */
export interface RepetitionPenaltyOptions {
  /** Words per n-gram. Default: 3. */
  n?: number;
  /** The penalty of a completion that only repeats itself, 0 or less. Default: −1. */
  maxPenalty?: number;
}

// Scripts that put no space between words count by characters; a "word" of more than 24 characters by pieces of 8.
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+/gu;

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
    const words = (completion.toLowerCase().match(WORD) ?? []).flatMap((word) =>
      word.length > 24 ? word.match(/.{1,8}/gsu)! : [word],
    );
    const count = words.length - n + 1;
    if (count < 1) return { score: 0 };
    const grams = new Map<string, number>();
    for (let start = 0; start < count; start++) {
      const gram = words.slice(start, start + n).join(' ');
      grams.set(gram, (grams.get(gram) ?? 0) + 1);
    }
    if (grams.size === count) return { score: 0 };
    const [most, times] = [...grams].reduce((a, b) => (b[1] > a[1] ? b : a));
    return { score: maxPenalty * (1 - grams.size / count), reason: `"${most.slice(0, 80)}" comes ${times} times` };
  };
}
