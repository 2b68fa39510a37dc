import { type ExtensionContext, workspace } from 'vscode';
import { STORAGE_VARIABLE, TENSORFLOW_VARIABLE } from '../../protocol/set-up-places.ts';
import { settingPath } from './setting-path.ts';
import { settingsFolders } from './settings-folders.ts';

/** Where `grpo doctor` looks for a tfjs-node of the workspace: in a trusted one, since looking runs its code. */
export const doctorFolder = ({ extensionPath }: ExtensionContext): string =>
  (workspace.isTrusted && workspace.workspaceFolders?.[0]?.uri.fsPath) || extensionPath;

/** What the processes that load an engine get to see: beside our own environment, where tfjs-node may be. */
export function childEnvironment({ globalStorageUri }: ExtensionContext): NodeJS.ProcessEnv {
  const path = workspace.getConfiguration('grpo').get<string>('tensorflowPath', '').trim();
  return {
    ...process.env,
    [STORAGE_VARIABLE]: globalStorageUri.fsPath,
    ...(path !== '' && { [TENSORFLOW_VARIABLE]: settingPath(path, settingsFolders()) }),
  };
}
