import { commands, type Disposable } from 'vscode';
import type { CurrentTraining } from '../workspace/active-training.ts';

/** What `when` clauses in package.json ask for: `grpo.training` is true while a trainer runs. */
export function showContexts(training: CurrentTraining): Disposable[] {
  let shown = false;
  return [
    training.onDidChange(() => {
      const active = training.active !== undefined;
      if (active !== shown) void commands.executeCommand('setContext', 'grpo.training', active);
      shown = active;
    }),
  ];
}
