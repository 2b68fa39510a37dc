import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where `npm run lavapipe` puts the driver, or has put it. */
export const lavapipeFolder = resolve(process.env.GRPO_TEST_LAVAPIPE || '.lavapipe');
/** Tells a Vulkan loader where the driver is; written when all of it is there. */
export const driverFile = join(lavapipeFolder, 'lavapipe.json');

/** The folders with its libraries. */
export function librariesOf(folder: string): string[] {
  const lib = join(folder, 'usr/lib');
  if (!existsSync(lib)) return [];
  const folders = readdirSync(lib, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders
    .map(({ name }) => join(lib, name))
    .filter((path) => readdirSync(path).some((file) => file.includes('.so')));
}
