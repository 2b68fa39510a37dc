import { Disposable, window, workspace } from 'vscode';
import { activeFile, isShownInTab, openDocument, shownFiles, unsavedTexts } from '../workspace/documents.ts';
import type { Interpreters } from '../workspace/interpreter.ts';
import type { PreviewedEditor, Previews } from './previews.ts';

/** Files that a reward function may be made of, or read. */
const CODE = '**/*.{ts,mts,cts,js,mjs,cjs,json,jsonl,py}';

/** This window's editor, for previews. */
export const previewedEditor = (interpreters: Interpreters): PreviewedEditor => ({
  get enabled() {
    return workspace.isTrusted && workspace.getConfiguration('grpo').get('preview.enabled', true);
  },
  shownFiles,
  activeFile,
  isShownInTab,
  openText: (file) => openDocument(file)?.getText(),
  unsavedTexts,
  rewardEnvironment: () => workspace.getConfiguration('grpo').get<string[]>('rewardEnv', []),
  python: async (file) => (await interpreters.find(file)).path,
});

/** Tells previews of what happens in the editor and on disk. */
export function watchEditor(previews: Previews, interpreters: Interpreters): Disposable {
  const disk = workspace.createFileSystemWatcher(CODE);
  // What is open tells of its changes.
  const onDisk = (file: string) => openDocument(file) ?? previews.textChanged(file);
  return Disposable.from(
    disk,
    interpreters.onDidChange(() => previews.interpreterChanged()),
    window.onDidChangeVisibleTextEditors(() => previews.refresh()),
    window.onDidChangeActiveTextEditor(() => previews.follow()),
    // Tabs that are no text editors may become visible: lists of samples.
    window.tabGroups.onDidChangeTabs(() => previews.refresh()),
    window.tabGroups.onDidChangeTabGroups(() => previews.refresh()),
    workspace.onDidGrantWorkspaceTrust(() => previews.refresh()),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('grpo.preview.enabled')) previews.refresh();
    }),
    workspace.onDidChangeTextDocument(({ document: { uri, version }, contentChanges }) => {
      if (contentChanges.length > 0 && uri.scheme === 'file') previews.edited(uri.fsPath, version, contentChanges);
    }),
    // What was unsaved is the state to tell changes against.
    workspace.onDidSaveTextDocument(({ uri }) => previews.textChanged(uri.fsPath)),
    disk.onDidChange(({ fsPath }) => onDisk(fsPath)),
    disk.onDidCreate(({ fsPath }) => onDisk(fsPath)),
    disk.onDidDelete(({ fsPath }) => onDisk(fsPath)),
  );
}
