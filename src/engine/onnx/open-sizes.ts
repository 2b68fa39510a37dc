import type { OpenSize } from '../tree.ts';

/** Sizes that others are products of: each is the size of some input's axis. */
export type Factor = Exclude<OpenSize, 'rows'>;

/**
 * While a program is traced, sizes that are known only when its graph runs stand as numbers that no real size comes near, so that every
 * shape and bound computed from one is recognised when it enters the graph. Each is a prime times this power of two: floating-point numbers
 * hold products of several exactly, which tell of what, and one plus a few too, which is no product.
 */
const FAR = 2 ** 40;
const PRIMES: Record<Factor, number> = {
  tokens: 499,
  targets: 503,
  prompts: 509,
  group: 521,
  promptLength: 523,
  completionLength: 541,
  positions: 547,
  slots: 557,
  caches: 563,
  past: 569,
  longestCompletion: 571,
};
const FACTORS = Object.keys(PRIMES) as Factor[];

/** What stands for the axis along which a loop's state grows; a step makes it one longer. */
export const GROWING = 1_000_003;

/** What stands for an open size while a program is traced. */
export function nominalSize(name: OpenSize): number {
  return name === 'rows' ? nominalSize('prompts') * nominalSize('group') : PRIMES[name] * FAR;
}

/** Whether a number was computed from a size that the graph does not know. */
export const isOpen = (value: number): boolean =>
  value >= FAR || (value > 0 && (value % GROWING === 0 || value % (GROWING + 1) === 0));

/** The open sizes that a size is the product of, and the known rest of it. Undefined: it is no product of them. */
export function factorsOf(size: number): { factors: Factor[]; rest: number } | undefined {
  let rest = size;
  let count = 0;
  for (; rest >= FAR && Number.isInteger(rest / FAR); rest /= FAR) count++;
  const factors: Factor[] = [];
  for (const name of FACTORS) {
    for (; factors.length < count && rest % PRIMES[name] === 0; rest /= PRIMES[name]) factors.push(name);
  }
  return factors.length === count && !isOpen(rest) ? { factors, rest } : undefined;
}
