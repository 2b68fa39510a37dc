import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { commands, type Disposable, workspace } from 'vscode';

/** Files by which the sample workspace is known. */
const SAMPLE = ['sort.grpo.json', 'rewards/sort.reward.ts', 'models/tiny-sort'];

/** `grpo.sampleOpen`, which ticks the first step of the walkthrough: the sample is open, and not just asked for. */
export function showSampleOpen(): Disposable {
  const show = () => {
    const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    const open = folders.some((folder) => SAMPLE.every((file) => existsSync(join(folder, file))));
    void commands.executeCommand('setContext', 'grpo.sampleOpen', open);
  };
  // Nothing is read while the extension is activated.
  setImmediate(show);
  return workspace.onDidChangeWorkspaceFolders(show);
}
