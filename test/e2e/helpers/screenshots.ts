import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where a screenshot of this name goes; not tracked, the good ones are copied to `media/` by hand. */
export function screenshotFile(name: string): string {
  const folder = join(import.meta.dirname, '../screenshots');
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}.png`);
}
