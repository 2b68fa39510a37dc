import type { RowReward } from './row.ts';

/** "Step 1:", "1." at the start of a line, list items, and words that lead on: as open-r1 counts them. */
const STEP = /Step \d+:|^\d+\.|\n-|\n\*|First,|Second,|Next,|Finally,/gm;

/** Options of {@link reasoningSteps}. */
export interface ReasoningStepsOptions {
  /** How many steps earn the whole reward. Default: 3. */
  steps?: number;
}

/**
 * Creates a reward for reasoning that is written as steps: the fraction of `steps` that the completion shows, at most 1. It can be earned without
 * any reasoning, so give it a low weight. Open-r1's `reasoning_steps_reward`, except that a number counts at the start of each line, and not
 * just of the first.
 *
 * @example export const steps = reasoningSteps(); // 2/3: First, add them. Finally, halve the sum.
 */
export function reasoningSteps({ steps = 3 }: ReasoningStepsOptions = {}): RowReward {
  if (!(steps >= 1)) throw new Error('reasoningSteps wants at least one step.');
  return ({ completion }) => {
    const count = completion.match(STEP)?.length ?? 0;
    return { score: Math.min(1, count / steps), reason: count === 1 ? '1 step' : `${count} steps` };
  };
}
