import { dirname, resolve } from 'node:path';
import { Range, Uri, ViewColumn, window, workspace } from 'vscode';

/** Shows a line of a reward file; `file` may be relative to the run's config. Lines and columns count from 1. */
export async function openRewardLine(
  run: string,
  { file, line, column }: { file: string; line: number; column: number },
): Promise<void> {
  // <workspace>/.grpo/runs/<run>
  const path = resolve(dirname(dirname(dirname(run))), file);
  const document = await workspace.openTextDocument(Uri.file(path));
  const at = new Range(line - 1, column - 1, line - 1, column - 1);
  await window.showTextDocument(document, { selection: at, viewColumn: ViewColumn.One });
}
