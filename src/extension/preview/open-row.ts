import { Range, Uri, ViewColumn, window } from 'vscode';
import type { Preview } from './preview.ts';

/** Shows a row of the result in the samples file, where it is now. */
export async function openRow(preview: Preview, row: number): Promise<void> {
  await openLine(preview.subject.samplesPlace, preview.rowLine(row));
}

/** Shows a reward function. */
export async function openFunction(preview: Preview, name: string): Promise<void> {
  const described = preview.result?.functions.find((candidate) => candidate.name === name);
  if (!described) return;
  const { line } = preview.functionsIn(described.file).find((found) => found.described === described)!;
  await openLine(described.file, line);
}

/** In the editor that shows the file already, if one does; `line` counts from 0. */
async function openLine(file: string, line: number): Promise<void> {
  const shown = window.visibleTextEditors.find(({ document: { uri } }) => uri.scheme === 'file' && uri.fsPath === file);
  const options = { selection: new Range(line, 0, line, 0), viewColumn: shown?.viewColumn ?? ViewColumn.Active };
  await window.showTextDocument(Uri.file(file), options);
}
