import type { RewardInput } from '../api.ts';
import type { RowReward } from './row.ts';

/** How the helpers for length count. */
export interface LengthOptions {
  /** How many characters make a token where the tokens are not known (hand-written samples); 4 unless given. */
  charactersPerToken?: number;
}

/** What {@link lengthReward} wants; lengths in tokens. */
export interface LengthRewardOptions extends LengthOptions {
  /** The shortest good length; 0 unless given. */
  min?: number;
  /** The longest good length; without end unless given. */
  max?: number;
  /** So far outside of both the reward has fallen to 0. */
  falloff: number;
}

/**
 * Makes a reward: 1 for a length from `min` to `max` tokens; outside it falls in a straight line to 0 at a distance of `falloff`.
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

/** What {@link overlongPenalty} wants; lengths in tokens. */
export interface OverlongPenaltyOptions extends LengthOptions {
  /** The run's `maxCompletionLength` (L_max). */
  maxLength: number;
  /** The length of the ramp before it (L_cache), such as a fifth of it. */
  cache: number;
}

/**
 * Makes DAPO's soft overlong punishment, from 0 to −1, so that long answers learn to end before they are cut off:
 *
 * | length y | reward |
 * |---|---|
 * | y ≤ maxLength − cache | 0 |
 * | up to maxLength | ((maxLength − cache) − y) ÷ cache |
 * | above | −1 |
 *
 * DAPO, arXiv:2503.14476, equation 13; TRL has it as `get_soft_overlong_punishment`. TypeScript rewards know the tokens in a run;
 * samples are counted by their characters, and the reason says so.
 *
 * @example export const overlong = overlongPenalty({ maxLength: 512, cache: 128 });
 */
export function overlongPenalty({ maxLength, cache, ...count }: OverlongPenaltyOptions): RowReward {
  if (!(cache > 0) || !(cache <= maxLength)) throw new Error('overlongPenalty wants 0 < cache ≤ maxLength.');
  return (input) => {
    const { length, words } = lengthOf(input, count);
    const over = length - (maxLength - cache);
    return { score: over <= 0 ? 0 : Math.max(-1, -over / cache), reason: words };
  };
}

/** Tokens, or a guess at them from the characters; in words, which of both. */
function lengthOf({ completion, completionIds }: RewardInput, { charactersPerToken = 4 }: LengthOptions) {
  if (completionIds) return { length: completionIds.length, words: `${completionIds.length} tokens` };
  const length = completion.length / charactersPerToken;
  const counted = `${completion.length} characters at ${charactersPerToken} each`;
  return { length, words: `about ${Math.round(length)} tokens (${counted}; the tokens are not known here)` };
}
