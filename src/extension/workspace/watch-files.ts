import { Disposable, type GlobPattern, workspace } from 'vscode';

/** Calls `onChange` with the path of each file of this pattern that is made, changed or deleted. */
export function watchFiles(pattern: GlobPattern, onChange: (file: string) => void): Disposable {
  const watcher = workspace.createFileSystemWatcher(pattern);
  const changed = ({ fsPath }: { fsPath: string }) => onChange(fsPath);
  return Disposable.from(
    watcher,
    watcher.onDidChange(changed),
    watcher.onDidCreate(changed),
    watcher.onDidDelete(changed),
  );
}
