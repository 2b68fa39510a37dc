import { dirname } from 'node:path';
import { Disposable, workspace } from 'vscode';
import { systemClock } from './clock.ts';
import { RunList, type RunSource } from './run-list.ts';

const RUN_INFO = '**/.grpo/runs/*/run.json';

const workspaceRuns: RunSource = {
  async find() {
    const files = await workspace.findFiles(RUN_INFO, '**/node_modules/**');
    return files.map(({ fsPath }) => dirname(fsPath));
  },
  async read(folder, live) {
    const { readRun } = await import('../../run-folder/read-run.ts');
    return readRun(folder, live);
  },
};

/** The list of the workspace's runs, told of what happens to its files. */
export function watchRuns(): { runs: RunList; watching: Disposable } {
  const runs = new RunList(workspaceRuns, systemClock);
  const watcher = workspace.createFileSystemWatcher(RUN_INFO);
  const watching = Disposable.from(
    watcher,
    watcher.onDidCreate(({ fsPath }) => runs.refresh(dirname(fsPath))),
    watcher.onDidChange(({ fsPath }) => runs.refresh(dirname(fsPath))),
    watcher.onDidDelete(({ fsPath }) => runs.refresh(dirname(fsPath))),
    workspace.onDidChangeWorkspaceFolders(() => void runs.scan()),
  );
  return { runs, watching };
}
