import { mean, standardDeviation } from './statistics.ts';

/** A scored step of a completion; it ends before position `end` (it covers the positions below). */
export interface ProcessStep {
  end: number;
  score: number;
}

/**
 * Process supervision (DeepSeekMath, arXiv:2402.03300, section 4.1.3): the step scores of all completions of one group are
 * normalized together, and a token's advantage is the sum over the steps that end at or after it. So every
 * token that led to a step gets its credit, and a token after the last step gets 0.
 *
 * `steps[i]` and `lengths[i]` belong to completion i of the group; both count tokens. Returns one advantage per token of each.
 */
export function processAdvantages(
  steps: readonly (readonly ProcessStep[])[],
  lengths: readonly number[],
): Float32Array[] {
  const scores = steps.flatMap((row) => row.map((step) => step.score));
  const average = mean(scores) ?? 0;
  const deviation = (standardDeviation(scores) ?? 0) + 1e-4;
  return steps.map((row, i) => {
    const length = lengths[i]!;
    // Scores by end, summed from the back: linear in the length, regardless of the number of steps.
    const endingAt = new Float64Array(length + 1);
    for (const { end, score } of row) endingAt[Math.min(end, length)]! += (score - average) / deviation;
    const advantages = new Float32Array(length);
    let following = 0;
    for (let token = length - 1; token >= 0; token--) {
      following += endingAt[token + 1]!;
      advantages[token] = following;
    }
    return advantages;
  });
}
