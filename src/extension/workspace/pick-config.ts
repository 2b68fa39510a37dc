import { commands, Uri, window, workspace } from 'vscode';
import { configName } from '../../text/files-by-name.ts';
import { findConfigs } from './find-files.ts';

/** The run config to work with: the one given, the only one, or the one chosen; undefined when there is none or it was dismissed. */
export async function pickConfig(given: unknown, title: string): Promise<string | undefined> {
  if (given instanceof Uri) return given.fsPath;
  if (typeof given === 'string') return given;
  const files = await findConfigs();
  if (files.length === 0) {
    await offerConfig();
    return undefined;
  }
  if (files.length === 1) return files[0]!.fsPath;
  const open = window.activeTextEditor?.document.uri.fsPath;
  const items = files
    .map(({ fsPath }) => ({ label: configName(fsPath), description: workspace.asRelativePath(fsPath), fsPath }))
    // The one being edited first, so that Enter takes it.
    .sort((a, b) => Number(b.fsPath === open) - Number(a.fsPath === open) || a.label.localeCompare(b.label));
  // A dashboard that had the focus gets it back when the palette closes, maybe after this list has opened: it must stay.
  const options = { title, placeHolder: 'Select a run config', ignoreFocusOut: true };
  return (await window.showQuickPick(items, options))?.fsPath;
}

async function offerConfig(): Promise<void> {
  const items = [
    {
      label: '$(new-file) Create a run config…',
      detail: 'In four steps: model folder, dataset, reward, device',
      command: 'grpo.createConfig',
    },
    {
      label: '$(database) Import a dataset…',
      detail: 'See how its rows become prompts, and write a run config for it',
      command: 'grpo.importDataset',
    },
    {
      label: '$(folder-opened) Open the sample workspace…',
      detail: 'Two tiny models that learn on the CPU in under a minute',
      command: 'grpo.openSample',
    },
  ];
  const placeHolder = 'No run config (*.grpo.json) in this workspace yet';
  const choice = await window.showQuickPick(items, {
    title: 'GRPO: Start Training',
    placeHolder,
    ignoreFocusOut: true,
  });
  if (choice) await commands.executeCommand(choice.command);
}
