import { dirname, isAbsolute, relative } from 'node:path';

/** A path as a config writes it: relative where that stays in the config's folder. */
export function pathIn(config: string, path: string): string {
  const short = relative(dirname(config), path);
  return (short.startsWith('..') || isAbsolute(short) ? path : short || '.').replaceAll('\\', '/');
}
