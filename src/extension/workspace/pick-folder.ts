import { window, workspace } from 'vscode';

/** Where new files go: the only workspace folder, or the one chosen; without any, says `why` one is needed. */
export async function pickFolder(why: string): Promise<string | undefined> {
  const { workspaceFolders = [] } = workspace;
  if (workspaceFolders.length === 1) return workspaceFolders[0]!.uri.fsPath;
  if (workspaceFolders.length > 1) return (await window.showWorkspaceFolderPick())?.uri.fsPath;
  void window.showInformationMessage(why);
  return undefined;
}
