import type { OpenSize } from '../tree.ts';

/**
 * While a program is traced, sizes that are known only when its graph runs are represented by numbers far larger than any real size, so that
 * every shape and bound computed from one is recognized when it enters the graph. Each is a prime times this power of two: products of
 * several are exact in floating point and reveal their factors. A sum of one and a small number is exact too, and no product.
 */
const FAR = 2 ** 40;
/** No two pairs have the same sum, as sizes that are concatenated have. */
const PRIMES = [499, 503, 509, 521, 523, 557, 587, 613, 659, 709, 821, 829, 881, 997, 1013, 1171];

/** Represents the axis along which a loop's state grows; a step makes it one longer. */
export const GROWING = 1_000_003;

/** Whether a number was computed from a size that the graph does not know. */
export const isOpen = (value: number): boolean =>
  value >= FAR || (value > 0 && (value % GROWING === 0 || value % (GROWING + 1) === 0));

/** The names whose sizes are multiplied. */
const factorNames = (size: OpenSize): readonly string[] => (typeof size === 'string' ? [size] : size);

/** The open sizes of one graph. */
export class OpenSizes {
  readonly #primes = new Map<string, number>();
  readonly #small: readonly string[];

  /** `small`: names of those that stay small (tens). */
  constructor(small: readonly string[] = []) {
    this.#small = small;
  }

  /** The number that represents an open size while its program is traced. */
  nominal(size: OpenSize): number {
    return factorNames(size).reduce((product, name) => product * this.#primeOf(name) * FAR, 1);
  }

  /** The open sizes that a size is the product of, and the known rest of it; undefined if it is no product of them. */
  factorsOf(size: number): { factors: string[]; rest: number } | undefined {
    let rest = size;
    let count = 0;
    for (; rest >= FAR && Number.isInteger(rest / FAR); rest /= FAR) count++;
    const factors: string[] = [];
    for (const [name, prime] of this.#primes) {
      for (; factors.length < count && rest % prime === 0; rest /= prime) factors.push(name);
    }
    return factors.length === count && !isOpen(rest) ? { factors, rest } : undefined;
  }

  /** A size as it is, or where it is open a name that it shares with all that are equal to it; null where it may grow. */
  nameOf(size: number): number | string | null {
    if (!isOpen(size)) return size;
    return size < FAR || size % GROWING === 0 ? null : String(size);
  }

  /** Whether a factor of this size is one that stays small. */
  isSmall(size: number): boolean {
    return this.factorsOf(size)?.factors.some((name) => this.#small.includes(name)) ?? false;
  }

  #primeOf(name: string): number {
    const known = this.#primes.get(name);
    if (known !== undefined) return known;
    const prime = PRIMES[this.#primes.size];
    if (prime === undefined)
      throw new Error(`a program can leave ${PRIMES.length} sizes open, and "${name}" is one more`);
    this.#primes.set(name, prime);
    return prime;
  }
}
