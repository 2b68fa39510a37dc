import { dirname } from 'node:path';
import { Disposable, type LogOutputChannel, workspace } from 'vscode';
import type { RunReader } from '../../run-folder/read-run.ts';
import { systemClock } from './clock.ts';
import { RunList, type RunSource } from './run-list.ts';

const RUN_INFO = '**/.grpo/runs/*/run.json';
const RUN_TEXTS = '**/.grpo/runs/*/{run,about}.json';

function workspaceRuns(log: Pick<LogOutputChannel, 'warn'>): RunSource {
  let reader: RunReader | undefined;
  return {
    async find() {
      const files = await workspace.findFiles(RUN_INFO, '**/node_modules/**');
      return files.map(({ fsPath }) => dirname(fsPath));
    },
    async read(folder, live) {
      const { RunReader } = await import('../../run-folder/read-run.ts');
      reader ??= new RunReader((message) => log.warn(message));
      return reader.read(folder, live);
    },
  };
}

/** The list of the workspace's runs, told of what happens to its files. */
export function watchRuns(log: Pick<LogOutputChannel, 'warn'>): { runs: RunList; watching: Disposable } {
  const runs = new RunList(workspaceRuns(log), systemClock);
  const watcher = workspace.createFileSystemWatcher(RUN_TEXTS);
  const watching = Disposable.from(
    watcher,
    watcher.onDidCreate(({ fsPath }) => runs.refresh(dirname(fsPath))),
    watcher.onDidChange(({ fsPath }) => runs.refresh(dirname(fsPath))),
    watcher.onDidDelete(({ fsPath }) => runs.refresh(dirname(fsPath))),
    workspace.onDidChangeWorkspaceFolders(() => void runs.scan()),
  );
  return { runs, watching };
}
