import { commands, window, workspace } from 'vscode';

/** Whether the workspace's code may run; if not, says why and how to change it. `what` wants to run it. */
export function mayRunCode(what = 'Training', because = "it runs this workspace's reward functions"): boolean {
  if (workspace.isTrusted) return true;
  const why = `${what} is off in Restricted Mode because ${because}. You can still read runs.`;
  void window.showWarningMessage(why, 'Manage Workspace Trust').then((choice) => {
    if (choice) void commands.executeCommand('workbench.trust.manage');
  });
  return false;
}
