import { type Uri, workspace } from 'vscode';
import type { SettingsFolder } from './setting-path.ts';

/** The workspace's folders, that of the file first. */
export function settingsFolders(file?: Uri): SettingsFolder[] {
  const own = file && workspace.getWorkspaceFolder(file);
  const all = workspace.workspaceFolders ?? [];
  return [...(own ? [own] : []), ...all.filter((folder) => folder !== own)].map(({ name, uri }) => ({
    name,
    path: uri.fsPath,
  }));
}
