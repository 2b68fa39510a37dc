import { cpus } from 'node:os';
import { cpuFlags } from './cpu-flags.ts';

/** What the figures were measured on, in words: how wide its vectors are decides how fast products of matrices are. */
export const machine = (): string =>
  `${cpus()[0]!.model.trim()}${vectors()}, ${cpus().length} cores, ${process.platform} ${process.arch}`;

function vectors(): string {
  const flags = cpuFlags();
  if (flags.includes('avx512f')) return ' with AVX-512';
  return flags.includes('avx2') ? ' with AVX2' : '';
}
