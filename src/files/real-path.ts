import { realpathSync } from 'node:fs';

/** Without links on the way; the path itself when there is no such file. */
export function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
