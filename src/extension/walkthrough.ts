import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { commands, Disposable, type Tab, window, workspace } from 'vscode';

/** Files by which the sample workspace is known. */
const SAMPLE = ['sort.grpo.json', 'rewards/sort.reward.ts', 'models/tiny-sort'];

/**
 * `grpo.sampleOpen`, which ticks the first step of the walkthrough: the sample is open, and not just asked for. It is set when the
 * walkthrough can be in sight, not before: VS Code never ticks a step whose context already held when it loaded the walkthroughs
 * (`registerDoneListeners` in its gettingStartedService.ts).
 */
export function showSampleOpen(): Disposable {
  const show = () => {
    const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    const open = folders.some((folder) => SAMPLE.every((file) => existsSync(join(folder, file))));
    void commands.executeCommand('setContext', 'grpo.sampleOpen', open);
  };
  const showBeside = (tabs: readonly Tab[]) => {
    if (tabs.some(mayBeWalkthrough)) show();
  };
  // Nothing is read while the extension is activated.
  setImmediate(() => showBeside(window.tabGroups.all.flatMap(({ tabs }) => tabs)));
  return Disposable.from(
    window.tabGroups.onDidChangeTabs(({ opened, changed }) => showBeside([...opened, ...changed])),
    workspace.onDidChangeWorkspaceFolders(show),
  );
}

/** Editors of VS Code's own, such as walkthroughs, have no input that extensions know. */
const mayBeWalkthrough = ({ input }: Tab): boolean => input === undefined;
