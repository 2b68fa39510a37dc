import { Range, Uri, WorkspaceEdit, workspace } from 'vscode';
import { writablePlace } from './writable-place.ts';

/** Changes a run config as an edit of its document, so that it can be undone; one that had no other changes is saved. */
export async function replaceText(config: string, change: (text: string) => string): Promise<void> {
  await writablePlace(config);
  const document = await workspace.openTextDocument(Uri.file(config));
  const { isDirty } = document;
  const edit = new WorkspaceEdit();
  const text = document.getText();
  const all = new Range(document.positionAt(0), document.positionAt(text.length));
  edit.replace(document.uri, all, change(text));
  await workspace.applyEdit(edit);
  if (!isDirty) await document.save();
}
