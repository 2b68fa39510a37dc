import { mean, standardDeviation } from './statistics.ts';

/** A scored step of a completion; it ends before position `end` (it covers the positions below). */
export interface ProcessStep {
  end: number;
  score: number;
}

/**
 * Process supervision (DeepSeekMath, arXiv:2402.03300, section 4.1.3): the step scores of all completions of one group are
 * normalized together, and a token's advantage is the sum over the steps that end at or after it. So a step is paid to
 * every token that led to it, and a token after the last step gets 0.
 *
 * `steps[i]` and `lengths[i]` belong to completion i of the group; both count tokens. Returns one advantage per token of each.
 */
export function processAdvantages(
  steps: readonly (readonly ProcessStep[])[],
  lengths: readonly number[],
): Float32Array[] {
  const scores = steps.flatMap((row) => row.map((step) => step.score));
  const average = mean(scores) ?? 0;
  const spread = (standardDeviation(scores) ?? 0) + 1e-4;
  return steps.map((row, i) => {
    const length = lengths[i]!;
    // What ends after each token, then summed from the back: linear in the length, however many steps there are.
    const endingAt = new Float64Array(length + 1);
    for (const { end, score } of row) endingAt[Math.min(end, length)]! += (score - average) / spread;
    const advantages = new Float32Array(length);
    let following = 0;
    for (let token = length - 1; token >= 0; token--) {
      following += endingAt[token + 1]!;
      advantages[token] = following;
    }
    return advantages;
  });
}
