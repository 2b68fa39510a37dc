/** A figure of a step, and the number of prompts that it was measured with. */
export interface AtSize {
  size: number;
  value: number;
}

/**
 * A figure of a step of `size` prompts, from those of smaller steps: what was measured at that size, or else on the line through the smallest and
 * the largest, because every step also has costs that do not depend on its prompts. It is no less than at the largest size, and grows
 * no faster than the prompts do.
 */
export function atSize(size: number, measured: readonly AtSize[]): number {
  const [small, large] = [measured[0]!, measured.at(-1)!];
  if (large.size >= size) return large.value;
  const proportional = (large.value * size) / large.size;
  if (small.size === large.size) return proportional;
  const slope = (large.value - small.value) / (large.size - small.size);
  return Math.min(Math.max(large.value + slope * (size - large.size), large.value), proportional);
}
