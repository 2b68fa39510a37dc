import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { FOLDER_NAME, PATH_VARIABLE, STORAGE_VARIABLE } from '../../protocol/tensorflow-places.ts';

/** The one for GPUs is preferred. Both provide the same backend. */
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** Where set-up installs tfjs-node, and where runs look for it after their own workspace. */
export function storageFolder(): string {
  return join(process.env[STORAGE_VARIABLE] || join(userData(), 'grpo-lab'), FOLDER_NAME);
}

/** The platform's folder for a user's application data. */
function userData(): string {
  if (process.platform === 'win32') return process.env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  return process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share');
}

/** The package's folder: of the path that was set, else of the workspace around `folder`, else of the storage; undefined: none has it. */
export function locateTfjsNode(folder: string): string | undefined {
  const path = process.env[PATH_VARIABLE];
  if (path) return inFolder(resolve(path));
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = inFolder(at);
    if (found) return found;
    if (at === dirname(at)) return inFolder(storageFolder());
  }
}

/** `folder` is the package's own, or has it among its modules. */
function inFolder(folder: string): string | undefined {
  const own = existsSync(join(folder, 'dist', 'nodejs_kernel_backend.js')) ? [folder] : [];
  const modules = PACKAGES.map((name) => join(folder, 'node_modules', name));
  return [...own, ...modules.filter((at) => existsSync(join(at, 'package.json')))][0];
}
