import { EndOfLine, Position, Range, type TextDocument, WorkspaceEdit, workspace } from 'vscode';

const newline = ({ eol }: TextDocument): string => (eol === EndOfLine.CRLF ? '\r\n' : '\n');

/** Gives a line (from 0) another text, as one edit that can be undone. */
export function replaceLine(document: TextDocument, line: number, text: string): Promise<void> {
  return apply(document, (edit) => edit.replace(document.uri, document.lineAt(line).range, text));
}

/** Puts a line in front of line `at`, or behind the last one. Gives the line where it is then. */
export async function insertLine(document: TextDocument, at: number, text: string): Promise<number> {
  const end = newline(document);
  const last = document.lineAt(document.lineCount - 1);
  // What follows the last line feed is where a line goes, if it is empty.
  const isBehind = at >= document.lineCount && last.text !== '';
  const line = isBehind ? document.lineCount : Math.min(at, document.lineCount - 1);
  await apply(document, (edit) =>
    isBehind
      ? edit.insert(document.uri, last.range.end, end + text + end)
      : edit.insert(document.uri, new Position(line, 0), text + end),
  );
  return line;
}

/** Removes a line with its line feed. */
export function deleteLine(document: TextDocument, line: number): Promise<void> {
  const { range, rangeIncludingLineBreak } = document.lineAt(line);
  // Of the last line, the line feed is in front of it.
  const isLast = line === document.lineCount - 1 && line > 0;
  const whole = isLast ? new Range(document.lineAt(line - 1).range.end, range.end) : rangeIncludingLineBreak;
  return apply(document, (edit) => edit.delete(document.uri, whole));
}

async function apply(document: TextDocument, change: (edit: WorkspaceEdit) => void): Promise<void> {
  const edit = new WorkspaceEdit();
  change(edit);
  if (!(await workspace.applyEdit(edit))) throw new Error(`${document.uri.fsPath} cannot be changed.`);
}
