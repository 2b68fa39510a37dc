import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing; gives the outermost that was made, undefined when all were there. Node's own
 * `recursive` tries without end where a file system has no place for new folders (/proc), and calls a read-only one missing.
 */
export function makeFolders(folder: string): string | undefined {
  const missing: string[] = [];
  for (let path = folder; !existsSync(path) && dirname(path) !== path; path = dirname(path)) missing.unshift(path);
  if (missing.length === 0 && !statSync(folder).isDirectory()) mkdirSync(folder); // Says what is in the way.
  const made = missing.filter(makeFolder);
  return made[0];
}

/** False when another process made it meanwhile. */
function makeFolder(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
    throw error;
  }
}
