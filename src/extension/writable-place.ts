import { dirname } from 'node:path';
import { Uri, workspace } from 'vscode';
import { placeInside } from './place-inside.ts';

/**
 * Where a write to a file really goes, which is inside the workspace, or, for a file of a config that is open without its folder, beside that
 * config. Throws otherwise, with a sentence.
 */
export async function writablePlace(file: string, config = file): Promise<string> {
  const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  const alone = workspace.isTrusted && !workspace.getWorkspaceFolder(Uri.file(config));
  return placeInside(file, alone ? [...folders, dirname(config)] : folders);
}
