/** More columns than that could not be told apart, nor be read quickly. */
const MOST_STEPS = 256;

/**
 * The distance between the steps of a range that are looked at: 1, or a power of two, so that those of a longer or shorter range are the
 * same ones as far as possible.
 */
export function strideOf(from: number, to: number): number {
  let stride = 1;
  while ((to - from) / stride > MOST_STEPS) stride *= 2;
  return stride;
}

/** Every so-many-th step between two, from step 1 on: in the order in which they are wanted, a rough picture first, the newest first. */
export function sampledSteps(from: number, to: number): number[] {
  const stride = strideOf(from, to);
  const steps: number[] = [];
  const seen = new Set<number>();
  for (let coarse = stride * 16; coarse >= stride; coarse /= 2) {
    for (let step = 1 + Math.floor((to - 1) / coarse) * coarse; step >= Math.max(1, from); step -= coarse)
      if (!seen.has(step)) steps.push(step);
    for (const step of steps) seen.add(step);
  }
  return steps;
}
