import { commands, window, workspace } from 'vscode';

/** Whether the workspace's code may run; if not, says why and how to change it. */
export function mayRunCode(): boolean {
  if (workspace.isTrusted) return true;
  const why =
    'Training is off in Restricted Mode, because it runs the reward functions of this workspace. Runs can still be read.';
  void window.showWarningMessage(why, 'Manage Workspace Trust').then((choice) => {
    if (choice) void commands.executeCommand('workbench.trust.manage');
  });
  return false;
}
