import type { RewardInput, RewardResult } from '../api.ts';
import { type LengthOptions, lengthOf } from './length.ts';
import type { RowReward } from './row.ts';

/** Options of {@link cosineLength}. */
export interface CosineLengthOptions extends LengthOptions {
  /** Tells whether a completion is correct: its score is above 0. One that abstains is abstained from. */
  correct: RowReward;
  /** The length in tokens at which the cosine ends, usually the run's `maxCompletionLength`. */
  maxLength: number;
  /** Rewards of a correct completion: the shortest, and one of `maxLength`. Default: [1, 0.5]. */
  right?: [short: number, long: number];
  /** Rewards of a wrong completion: the shortest, and one of `maxLength`. Default: [-1, -0.5]. */
  wrong?: [short: number, long: number];
}

/**
 * Creates a reward for being correct that depends on the length: among correct completions shorter ones earn more, among wrong ones longer ones, which
 * leaves room to explore.
 *
 * long + ½ (short − long) (1 + cos(π · min(1, length ÷ maxLength)))
 *
 * Demystifying Long Chain-of-Thought Reasoning, arXiv:2502.03373, appendix C.1; TRL's `get_cosine_scaled_reward`.
 *
 * @example export const concise = cosineLength({ correct: mathMatch(), maxLength: 512 });
 */
export function cosineLength({
  correct,
  maxLength,
  right = [1, 0.5],
  wrong = [-1, -0.5],
  ...count
}: CosineLengthOptions): RowReward {
  if (!(maxLength > 0)) throw new Error('cosineLength wants a maxLength above 0.');
  return (input: RewardInput): RewardResult => {
    const { score, ...verdict } = correct(input);
    if (score === null) return { score: null };
    const { length, words } = lengthOf(input, count);
    const isRight = score > 0;
    const [short, long] = isRight ? right : wrong;
    const scaled = long + 0.5 * (short - long) * (1 + Math.cos(Math.PI * Math.min(1, length / maxLength)));
    return { ...verdict, score: scaled, reason: `${isRight ? 'correct' : 'wrong'}, ${words}` };
  };
}
