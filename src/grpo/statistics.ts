/** Statistics over what is there: null marks a missing value, as NaN does in TRL's nanmean and nanstd. */

export function mean(values: readonly (number | null)[]): number | null {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return null;
  // Equal values have exactly this mean; adding them up and dividing would leave a rounding error for std to divide by.
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

/** Zero up to rounding errors: torch.isclose's tolerance, with which TRL counts groups without spread. */
export const isZero = (value: number): boolean => Math.abs(value) <= 1e-8;
