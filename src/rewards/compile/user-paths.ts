import { join, sep } from 'node:path';
import { realPath } from '../../files/real-path.ts';

/**
 * Runtimes go by real paths; people, and editors, by those they opened. Given one file's both, turns real paths into the user's: those of files in
 * the same folders.
 */
export function userPaths(given: string, real: string): (path: string) => string {
  let [mine, other] = [given.split(sep), real.split(sep)];
  while (mine.length > 1 && other.length > 1 && mine.at(-1) === other.at(-1)) {
    mine = mine.slice(0, -1);
    other = other.slice(0, -1);
  }
  const [from, to] = [other.join(sep), mine.join(sep)];
  return (path) => {
    if (path === real) return given;
    if (from === to || !path.startsWith(from + sep)) return path;
    const candidate = join(to, path.slice(from.length));
    return realPath(candidate) === path ? candidate : path;
  };
}
