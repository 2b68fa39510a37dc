import { dirname } from 'node:path';
import { workspace } from 'vscode';
import { placeInside } from './place-inside.ts';

/**
 * Where a write to a file really goes, which is inside the workspace, or, where no folder is open, beside the run config that it is for. Throws
 * otherwise, with a sentence.
 */
export async function writablePlace(file: string, config = file): Promise<string> {
  const folders = workspace.workspaceFolders?.map(({ uri }) => uri.fsPath);
  return placeInside(file, folders ?? (workspace.isTrusted ? [dirname(config)] : []));
}
