import type { RowReward } from './row.ts';

/** Options of {@link regexMatch}. */
export interface RegexMatchOptions {
  /** Inverts the reward: 1 if nothing matches. Default: false. */
  absent?: boolean;
}

/**
 * Creates a reward: 1 if the pattern matches anywhere in the completion (anchor it with `^` and `$` to match all of it), else 0.
 * The first group, or else the whole match, is shown as the answer.
 *
 * Avoid nested quantifiers such as `(a+)+$`: on some texts they take exponential time, and the row fails at its time limit.
 *
 * @example export const polite = regexMatch(/\b(?:please|thank you)\b/i);
 * @example export const noApology = regexMatch(/as an ai/i, { absent: true });
 */
export function regexMatch(pattern: RegExp, { absent = false }: RegexMatchOptions = {}): RowReward {
  // With these two flags a pattern remembers where it was in the text before.
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return ({ completion }) => {
    const match = stateless.exec(completion);
    if ((match !== null) !== absent) return { score: 1, ...(match && { extracted: shown(match) }) };
    return match
      ? { score: 0, extracted: shown(match), reason: `${pattern} matches` }
      : { score: 0, reason: `${pattern} does not match` };
  };
}

const shown = (match: RegExpExecArray): string => (match[1] ?? match[0]).slice(0, 200);
