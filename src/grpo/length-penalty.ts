/** A length penalty whose weight is adapted until completions have the length that is wanted: dual ascent on "the mean length is at most T". */
export interface LengthTarget {
  /** T, in tokens. */
  target: number;
  /** η: how fast the weight follows. */
  learningRate: number;
  /** The weight stays between 0 and this. */
  maxWeight: number;
}

/** −w · max(0, (L − T) / M), for a completion of L tokens that may have M at most. */
export function lengthPenalty(
  length: number,
  weight: number,
  { target }: Pick<LengthTarget, 'target'>,
  maxLength: number,
): number {
  const over = Math.max(0, (length - target) / maxLength);
  // No reward is −0.
  return over === 0 || weight === 0 ? 0 : -weight * over;
}

/** The weight after a step: w + η (mean L − T) / T, within its bounds. */
export function adaptedWeight(
  weight: number,
  meanLength: number,
  { target, learningRate, maxWeight }: LengthTarget,
): number {
  return Math.min(maxWeight, Math.max(0, weight + (learningRate * (meanLength - target)) / target));
}
