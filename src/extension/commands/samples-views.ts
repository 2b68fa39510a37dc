import { commands, type TabInputCustom, type TabInputText, Uri, ViewColumn, window } from 'vscode';
import type { Lab } from '../lab.ts';
import { SAMPLES_EDITOR } from '../workspace/documents.ts';

/** Shows samples as a list, in the place of their text. */
export async function openAsList(_lab: Lab, given?: unknown): Promise<void> {
  await reopen(given, SAMPLES_EDITOR);
}

/** Shows samples as a list, beside their text. */
export async function openAsListBeside(_lab: Lab, given?: unknown): Promise<void> {
  const uri = samplesUri(given);
  if (uri) await commands.executeCommand('vscode.openWith', uri, SAMPLES_EDITOR, ViewColumn.Beside);
}

/** Shows samples as text, in the place of their list. */
export async function openAsText(_lab: Lab, given?: unknown): Promise<void> {
  await reopen(given, 'default');
}

async function reopen(given: unknown, editor: string): Promise<void> {
  const uri = samplesUri(given);
  if (!uri) return;
  if (uri.toString() === activeUri()?.toString()) await commands.executeCommand('reopenActiveEditorWith', editor);
  else await commands.executeCommand('vscode.openWith', uri, editor);
}

/** The file of the active tab, shown as text or as a list. */
const activeUri = (): Uri | undefined =>
  (window.tabGroups.activeTabGroup.activeTab?.input as TabInputText | TabInputCustom | undefined)?.uri;

function samplesUri(given: unknown): Uri | undefined {
  const uri = given instanceof Uri ? given : activeUri();
  if (uri && /\.samples\.jsonl$/.test(uri.path)) return uri;
  void window.showInformationMessage('Open a samples file (*.samples.jsonl) first.');
  return undefined;
}
