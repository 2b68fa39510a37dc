import { lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/**
 * Where a write to a path ends up when every symbolic link on the way is followed. Throws unless that is inside one of the folders: what a
 * workspace names (`../.bashrc`), or links to, must not reach the rest of the disk.
 */
export async function placeInside(file: string, folders: readonly string[]): Promise<string> {
  const place = await followLinks(resolve(file));
  const roots = await Promise.all(folders.map((folder) => realpath(folder)));
  if (roots.some((root) => isBelow(place, root))) return place;
  const leads = place === resolve(file) ? '' : ` (it points to ${place})`;
  throw new Error(`${file} is outside the workspace${leads}, so it was not written.`);
}

/** A path that need not exist: the nearest folder above it that does is resolved. A link that leads nowhere is refused. */
async function followLinks(path: string): Promise<string> {
  const exists = await lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  if (exists || dirname(path) === path)
    return realpath(path).catch(() => {
      throw new Error(`${path} is a broken link, so it was not written.`);
    });
  return join(await followLinks(dirname(path)), path.slice(path.lastIndexOf(sep) + 1));
}

function isBelow(place: string, root: string): boolean {
  const path = relative(root, place);
  return path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}
