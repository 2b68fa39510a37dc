import { commands, type Disposable } from 'vscode';
import type { Training } from './training.ts';

/** What `when` clauses in package.json ask for: `grpo.training` is true while a trainer runs. */
export function showContexts(training: Training): Disposable[] {
  let shown = false;
  return [
    training.onDidChange(() => {
      const active = training.active !== undefined;
      if (active !== shown) void commands.executeCommand('setContext', 'grpo.training', active);
      shown = active;
    }),
  ];
}
