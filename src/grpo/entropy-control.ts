/** Adaptive entropy control (Skywork-OR1, arXiv:2505.22312), as TRL 1.16 does it. */

/** What it remembers from update to update. */
export interface EntropyControl {
  /** Weight of the entropy bonus, where it applies. */
  coef: number;
  /** Mean entropy, in nats, of the tokens that the last update learned from. */
  entropy: number;
}

export interface EntropyControlOptions {
  /** The weight to start with. */
  entropyCoef: number;
  entropyCoefMin: number;
  entropyCoefMax: number;
  entropyCoefDelta: number;
  /** In nats: the bonus applies while the entropy is not above it. */
  entropyTarget: number;
}

/** Weight of the entropy bonus in the next update; 0 before the first, as no entropy was measured yet. */
export const appliedEntropyCoef = (
  control: EntropyControl | undefined,
  { entropyTarget }: Pick<EntropyControlOptions, 'entropyTarget'>,
): number => (control && control.entropy <= entropyTarget ? control.coef : 0);

/** After an update that measured `entropy`: the weight rises while there is too little of it, and falls otherwise. */
export function nextEntropyControl(
  control: EntropyControl | undefined,
  entropy: number,
  { entropyCoef, entropyCoefMin, entropyCoefMax, entropyCoefDelta, entropyTarget }: EntropyControlOptions,
): EntropyControl {
  const coef = control?.coef ?? entropyCoef;
  const next =
    entropy <= entropyTarget
      ? Math.min(coef + entropyCoefDelta, entropyCoefMax)
      : Math.max(coef - entropyCoefDelta, entropyCoefMin);
  return { coef: next, entropy };
}
