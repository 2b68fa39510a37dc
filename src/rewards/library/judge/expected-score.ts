/** What a local judge thinks of a completion. */
export interface ExpectedScore {
  /** Σ s · p(s), where p(s) are the probabilities of the scores as answers, scaled to a sum of 1. */
  score: number;
  /** How likely it is that the answer is one of the scores at all. */
  certainty: number;
}

/** `logProbs`: of each score as the answer. */
export function expectedScore(scores: readonly number[], logProbs: readonly number[]): ExpectedScore {
  const largest = Math.max(...logProbs);
  // Relative to the likeliest, so that none is lost however unlikely all of them are.
  const weights = logProbs.map((logProb) => Math.exp(logProb - largest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return {
    score: scores.reduce((total, score, i) => total + (score * weights[i]!) / sum, 0),
    certainty: Math.min(1, Math.exp(largest) * sum),
  };
}
