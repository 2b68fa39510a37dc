import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Disposable, type Tab, window, workspace } from 'vscode';
import type { Training } from './training/training.ts';
import { earn, showTicks } from './workspace/walkthrough-ticks.ts';

/** Files by which the sample workspace is known. */
const SAMPLE = ['sort.grpo.json', 'rewards/sort.reward.ts', 'models/tiny-sort'];

/** Ticks those steps of the walkthrough that belong to no feature: the sample is open, it is trusted, a run is done. */
export function watchWalkthrough(training: Training): Disposable {
  const look = () => {
    const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    if (!folders.some((folder) => SAMPLE.every((file) => existsSync(join(folder, file))))) return;
    earn('grpo.sampleOpen');
    if (workspace.isTrusted) earn('grpo.trusted');
  };
  const lookBeside = (tabs: readonly Tab[]) => {
    if (!tabs.some(mayBeWalkthrough)) return;
    look();
    showTicks();
  };
  // Nothing is read while the extension is activated.
  setImmediate(() => lookBeside(window.tabGroups.all.flatMap(({ tabs }) => tabs)));
  return Disposable.from(
    window.tabGroups.onDidChangeTabs(({ opened, changed }) => lookBeside([...opened, ...changed])),
    workspace.onDidChangeWorkspaceFolders(look),
    workspace.onDidGrantWorkspaceTrust(look),
    training.onDidEnd(({ exit }) => {
      if (exit.end?.outcome === 'done') earn('grpo.trained');
    }),
  );
}

/** Editors of VS Code's own, such as walkthroughs, have no input that extensions know. */
const mayBeWalkthrough = ({ input }: Tab): boolean => input === undefined;
