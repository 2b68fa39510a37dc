import { mean, standardDeviation } from '../src/grpo/statistics.ts';

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/**
 * How far the means of two samples, of two values at least, are apart, and the half width of the 95 % interval around that: Welch's, which does not take
 * their variances to be equal.
 */
export function differenceOfMeans(a: number[], b: number[]): { difference: number; margin: number } {
  const [ofA, ofB] = [a, b].map((values) => standardDeviation(values)! ** 2 / values.length) as [number, number];
  const difference = mean(a)! - mean(b)!;
  if (ofA + ofB === 0) return { difference, margin: 0 };
  const freedom = (ofA + ofB) ** 2 / (ofA ** 2 / (a.length - 1) + ofB ** 2 / (b.length - 1));
  return { difference, margin: studentQuantile(0.975, freedom) * Math.sqrt(ofA + ofB) };
}

/** Parts of the integral below, and halvings of the interval that its bound is looked for in. */
const PARTS = 2000;
const HALVINGS = 40;

/**
 * Where Student's distribution has a share of its probability below, for a share above one half. With t = √freedom · tan θ its density is
 * proportional to cos(θ) to the power of freedom − 1.
 */
export function studentQuantile(share: number, freedom: number): number {
  // Midpoints: at 90° the power may be infinite.
  const upTo = (angle: number) => {
    let sum = 0;
    for (let part = 0; part < PARTS; part++) sum += Math.cos((angle * (part + 0.5)) / PARTS) ** (freedom - 1);
    return (angle * sum) / PARTS;
  };
  const wanted = (2 * share - 1) * upTo(Math.PI / 2);
  let [low, high] = [0, Math.PI / 2];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (upTo(middle) < wanted) low = middle;
    else high = middle;
  }
  return Math.sqrt(freedom) * Math.tan(low);
}
