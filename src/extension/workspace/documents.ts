import { TabInputText, type TextDocument, window, workspace } from 'vscode';
import { SAMPLES_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import type { EditedText } from '../../protocol/preview.ts';

/** Files of the text editors in sight. */
export const shownFiles = (): string[] => [
  ...new Set(window.visibleTextEditors.flatMap(({ document: { uri } }) => (uri.scheme === 'file' ? [uri.fsPath] : []))),
];

/** Whether a tab, in sight or not, is about this file. */
export const isShownInTab = (file: string): boolean =>
  window.tabGroups.all.some(({ tabs }) =>
    tabs.some(({ input }) => input instanceof TabInputText && input.uri.scheme === 'file' && input.uri.fsPath === file),
  );

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
