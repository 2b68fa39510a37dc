import { homedir } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { isProgramPath } from '../../text/files-by-name.ts';

/** A workspace folder as settings see it. */
export interface SettingsFolder {
  name: string;
  path: string;
}

/**
 * A setting that names a file, with what VS Code's own settings may have in them: `~`, `${workspaceFolder}`, `${workspaceFolder:name}`, `${userHome}`
 * and `${env:NAME}`. A relative path starts at the first of the folders, the one that the setting is for; a name without a separator stays one.
 */
export function settingPath(value: string, folders: readonly SettingsFolder[]): string {
  const expanded = value
    .trim()
    .replace(/^~(?=$|[\\/])/, homedir())
    .replace(/\$\{(\w+)(?::([^}]*))?\}/g, (whole, variable: string, name: string | undefined) => {
      if (variable === 'userHome') return homedir();
      if (variable === 'env') return process.env[name ?? ''] ?? '';
      if (variable !== 'workspaceFolder') return whole;
      return (name === undefined ? folders[0] : folders.find((folder) => folder.name === name))?.path ?? whole;
    });
  const base = folders[0]?.path;
  return isProgramPath(expanded) && !isAbsolute(expanded) && base !== undefined ? resolve(base, expanded) : expanded;
}
