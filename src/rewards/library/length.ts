import type { RewardInput } from '../api.ts';
import type { RowReward } from './row.ts';

/** How length helpers count tokens. */
export interface LengthOptions {
  /** Characters per token if the tokens are unknown (hand-written samples). Default: 4. */
  charactersPerToken?: number;
}

/** Options of {@link lengthReward}; lengths in tokens. */
export interface LengthRewardOptions extends LengthOptions {
  /** Minimum length. Default: 0. */
  min?: number;
  /** Maximum length. Default: unlimited. */
  max?: number;
  /** Distance from the range at which the reward reaches 0. */
  falloff: number;
}

/**
 * Creates a reward: 1 for a length from `min` to `max` tokens; outside that range it decreases linearly to 0 at a distance of `falloff`.
 *
 * max(0, 1 − distance ÷ falloff)
 *
 * @example export const brief = lengthReward({ max: 100, falloff: 50 }); // 125 tokens: 0.5
 */
export function lengthReward({
  min = 0,
  max = Number.POSITIVE_INFINITY,
  falloff,
  ...count
}: LengthRewardOptions): RowReward {
  if (!(falloff > 0) || !(min <= max)) throw new Error('lengthReward wants min ≤ max and a falloff above 0.');
  return (input) => {
    const { length, words } = lengthOf(input, count);
    const distance = Math.max(min - length, length - max, 0);
    return { score: Math.max(0, 1 - distance / falloff), reason: words };
  };
}

/** Options of {@link overlongPenalty}; lengths in tokens. */
export interface OverlongPenaltyOptions extends LengthOptions {
  /** The run's `maxCompletionLength` (L_max). */
  maxLength: number;
  /** The length of the ramp before it (L_cache), such as a fifth of it. */
  cache: number;
}

/**
 * Creates DAPO's soft overlong penalty, from 0 to −1, so that the model learns to end long answers before they are truncated:
 *
 * | length y | reward |
 * |---|---|
 * | y ≤ maxLength − cache | 0 |
 * | up to maxLength | ((maxLength − cache) − y) ÷ cache |
 * | above | −1 |
 *
 * DAPO, arXiv:2503.14476, equation 13; TRL's `get_soft_overlong_punishment`. During a run, token counts are exact;
 * for samples they are estimated from characters, and the reason says so.
 *
 * @example export const overlong = overlongPenalty({ maxLength: 512, cache: 128 });
 */
export function overlongPenalty({ maxLength, cache, ...count }: OverlongPenaltyOptions): RowReward {
  if (!(cache > 0) || !(cache <= maxLength)) throw new Error('overlongPenalty wants 0 < cache ≤ maxLength.');
  return (input) => {
    const { length, words } = lengthOf(input, count);
    return { score: softOverlong(length, maxLength, cache), reason: words };
  };
}

/** The penalty of a completion of so many tokens. */
export function softOverlong(length: number, maxLength: number, cache: number): number {
  const over = length - (maxLength - cache);
  return over <= 0 ? 0 : Math.max(-1, -over / cache);
}

/** Tokens, or a guess at them from the characters; in words, which of both. */
export function lengthOf({ completion, completionIds }: RewardInput, { charactersPerToken = 4 }: LengthOptions) {
  if (completionIds) return { length: completionIds.length, words: `${completionIds.length} tokens` };
  const length = completion.length / charactersPerToken;
  const counted = `${completion.length} characters at ${charactersPerToken} each`;
  return { length, words: `about ${Math.round(length)} tokens (${counted}; the tokens are not known here)` };
}
