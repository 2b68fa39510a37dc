import { type Position, Range, Uri, type ViewColumn, window } from 'vscode';

/** Shows a place in a file: in the editor that shows the file already, if one does, else in this column. */
export async function showAt(file: string, at: Position, otherwise: ViewColumn): Promise<void> {
  const shown = window.visibleTextEditors.find(({ document: { uri } }) => uri.scheme === 'file' && uri.fsPath === file);
  const options = { selection: new Range(at, at), viewColumn: shown?.viewColumn ?? otherwise };
  await window.showTextDocument(Uri.file(file), options);
}
