import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { ERRNO_WORDS } from './errno-words.ts';

/** Why a file or folder that may be there cannot be read; undefined where it can, and where nothing is there. */
export function whyUnreadable(path: string): string | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    // A folder is looked through, too.
    if (stats) accessSync(path, stats.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK);
    else if (lstatSync(path, { throwIfNoEntry: false })) return 'it is a link to what does not exist';
    return undefined;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return ERRNO_WORDS[code] ?? message;
  }
}
