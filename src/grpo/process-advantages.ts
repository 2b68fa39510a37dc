import { mean, standardDeviation } from './statistics.ts';

/** A scored step of a completion; it ends before token `end` (it covers the tokens with index < end). */
export interface ProcessStep {
  end: number;
  score: number;
}

/**
 * Process supervision (DeepSeekMath, arXiv:2402.03300, section 4.1.3): the step scores of all completions of one group are
 * normalised together, and a token's advantage is the sum over the steps that end at or after it. So a step is paid to
 * every token that led to it, and a token after the last step gets 0.
 *
 * `steps[i]` and `lengths[i]` (tokens) belong to completion i of the group → one advantage per token of each.
 */
export function processAdvantages(
  steps: readonly (readonly ProcessStep[])[],
  lengths: readonly number[],
): Float32Array[] {
  const scores = steps.flatMap((row) => row.map((step) => step.score));
  const average = mean(scores) ?? 0;
  const spread = (standardDeviation(scores) ?? 0) + 1e-4;
  return steps.map((row, i) => {
    const advantages = new Float32Array(lengths[i]!);
    for (const { end, score } of row) {
      for (let t = 0; t < Math.min(end, advantages.length); t++) advantages[t]! += (score - average) / spread;
    }
    return advantages;
  });
}
