/** Statistics that ignore missing values: null marks one, as NaN does in TRL's nanmean and nanstd. */

export function mean(values: readonly (number | null)[]): number | null {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return null;
  // Equal values have exactly this mean; a sum's rounding error would become a tiny std that advantages are divided by.
  if (present.every((value) => value === present[0])) return present[0]!;
  return present.reduce((sum, value) => sum + value, 0) / present.length;
}

/** Sample standard deviation (n − 1); null with fewer than two values. */
export function standardDeviation(values: readonly (number | null)[]): number | null {
  const present = values.filter((value) => value !== null);
  if (present.length < 2) return null;
  const average = mean(present)!;
  return Math.sqrt(present.reduce((sum, value) => sum + (value - average) ** 2, 0) / (present.length - 1));
}

/** Zero up to rounding errors: torch.isclose's tolerance, with which TRL counts groups whose rewards are equal. */
export const isZero = (value: number): boolean => Math.abs(value) <= 1e-8;
