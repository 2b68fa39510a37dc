import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { storageFolder } from '../../files/storage-folder.ts';
import { TENSORFLOW_FOLDER, TENSORFLOW_VARIABLE } from '../../protocol/set-up-places.ts';

/** The one for GPUs is preferred. Both provide the same backend. */
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** The package's folder: of the path that was set, else of the workspace around `folder`, else of the storage; undefined: none has it. */
export function locateTfjsNode(folder: string): string | undefined {
  const path = process.env[TENSORFLOW_VARIABLE];
  if (path) return inFolder(resolve(path));
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = inFolder(at);
    if (found) return found;
    if (at === dirname(at)) return inFolder(storageFolder(TENSORFLOW_FOLDER));
  }
}

/** `folder` is the package's own, or has it among its modules. */
function inFolder(folder: string): string | undefined {
  const own = existsSync(join(folder, 'dist', 'nodejs_kernel_backend.js')) ? [folder] : [];
  const modules = PACKAGES.map((name) => join(folder, 'node_modules', name));
  return [...own, ...modules.filter((at) => existsSync(join(at, 'package.json')))][0];
}
