import { basename, dirname, join } from 'node:path';

/** Where a file or folder is written until it is complete. Hidden: `NAME.tmp` is the user's. */
export const temporaryName = (target: string): string => join(dirname(target), `.${basename(target)}.tmp`);
