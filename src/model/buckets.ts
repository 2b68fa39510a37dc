/**
 * The next size that programs are compiled for: powers of two and their halves-again (16, 24, 32, 48, 64, 96 …). A run meets a handful of
 * them, and a third of the padding at most is wasted.
 */
export function bucket(size: number): number {
  for (let power = 16; ; power *= 2) {
    if (size <= power) return power;
    if (size <= power * 1.5) return power * 1.5;
  }
}
