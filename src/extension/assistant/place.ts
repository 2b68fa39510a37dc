import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';

/** The absolute path of what an assistant named: in the first folder of the workspace that has it, else in the first. */
export function placeIn(folders: readonly string[], path: string): string {
  if (isAbsolute(path)) return resolve(path);
  const [first] = folders;
  if (first === undefined) throw new Error(`${path}: no folder is open, so this must be an absolute path.`);
  // FILE#FUNCTION names a function in a file.
  const file = path.replace(/#[^#/\\]*$/, '');
  return join(folders.find((folder) => existsSync(join(folder, file))) ?? first, path);
}
