import { homedir } from 'node:os';
import { join } from 'node:path';
import { STORAGE_VARIABLE } from '../protocol/set-up-places.ts';

/** Where what is set up for all workspaces is kept, under its name: in the editor in the extension's storage, else among the user's data. */
export const storageFolder = (name: string): string =>
  join(process.env[STORAGE_VARIABLE] || join(userData(), 'grpo-lab'), name);

/** The platform's folder for a user's application data. */
function userData(): string {
  if (process.platform === 'win32') return process.env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  return process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share');
}
