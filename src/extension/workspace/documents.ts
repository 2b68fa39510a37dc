import { type Tab, TabInputCustom, TabInputText, type TextDocument, window, workspace } from 'vscode';
import { SAMPLES_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import type { EditedText } from '../../protocol/preview.ts';

/** The editor that shows samples as a list, by its name in package.json. */
export const SAMPLES_EDITOR = 'grpo.samples';

/** The file that a tab shows as text or as a list of samples. */
function fileOf(tab: Tab | undefined): string | undefined {
  const { input } = tab ?? {};
  const isOurs = input instanceof TabInputCustom && input.viewType === SAMPLES_EDITOR;
  const uri = isOurs || input instanceof TabInputText ? input.uri : undefined;
  return uri?.scheme === 'file' ? uri.fsPath : undefined;
}

/** The samples that a tab shows as a list. */
const listedFile = (tab: Tab | undefined): string | undefined =>
  tab?.input instanceof TabInputCustom ? fileOf(tab) : undefined;

/** Files of the visible text editors and lists of samples. */
export function shownFiles(): string[] {
  const texts = window.visibleTextEditors.flatMap(({ document: { uri } }) =>
    uri.scheme === 'file' ? [uri.fsPath] : [],
  );
  return [...new Set([...texts, ...window.tabGroups.all.flatMap(({ activeTab }) => listedFile(activeTab) ?? [])])];
}

/** The file of the editor that has, or last had, the focus. */
export function activeFile(): string | undefined {
  const uri = window.activeTextEditor?.document.uri;
  return uri?.scheme === 'file' ? uri.fsPath : listedFile(window.tabGroups.activeTabGroup.activeTab);
}

/** Whether a tab, visible or not, shows this file. */
export const isShownInTab = (file: string): boolean =>
  window.tabGroups.all.some(({ tabs }) => tabs.some((tab) => fileOf(tab) === file));

/** What is written and not saved, and the version of every open document. */
export function unsavedTexts(): { texts: EditedText[]; versions: Map<string, number> } {
  const texts: EditedText[] = [];
  const versions = new Map<string, number>();
  for (const document of workspace.textDocuments) {
    const { uri, version, isDirty } = document;
    if (uri.scheme !== 'file') continue;
    versions.set(uri.fsPath, version);
    if (isDirty && /\.([mc]?[jt]sx?|json|py)$/.test(uri.fsPath))
      texts.push({ file: uri.fsPath, text: document.getText() });
  }
  return { texts, versions };
}

export const openDocument = (file: string): TextDocument | undefined =>
  workspace.textDocuments.find(({ uri }) => uri.scheme === 'file' && uri.fsPath === file);

/** A file's text as the editor has it; '' when it cannot be read. */
export async function textOf(file: string): Promise<string> {
  return openDocument(file)?.getText() ?? (await readTextLater(file, SAMPLES_FILE).catch(() => ''));
}
