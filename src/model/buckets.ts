/**
 * The next size that programs are compiled for, a multiple of a quarter of the power of two below (8, 16 … 64, 80, 96, 112, 128, 160 …): a run
 * meets a handful of sizes, and a tenth of the work, more or less, is padding.
 */
export function bucket(size: number): number {
  const step = Math.max(8, 2 ** (Math.floor(Math.log2(Math.max(size - 1, 1))) - 2));
  return Math.ceil(size / step) * step;
}
